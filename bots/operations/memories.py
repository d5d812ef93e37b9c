"""What an operator does to the memories of a person."""

from __future__ import annotations

from collections.abc import Collection

from bots import metrics
from bots.models import Person
from memory.store import MemoryStore
from memory.types import Recall, Scope


def search(person: Person, text: str, *, k: int = 10) -> Recall:
    """The `k` memories of a person that answer `text` best, as the bot itself would find them."""
    found = MemoryStore(person.bot_id).recall(_scope(person), text, k=k)
    metrics.recall(found.ms / 1000, "degraded" if found.degraded else "ok")
    return found


def forget(person: Person, ids: Collection[int] | None = None) -> int:
    """Deletes a person's memories (all, or those with these ids) and their copies; returns how many rows went."""
    return MemoryStore(person.bot_id).forget(_scope(person), ids)


def _scope(person: Person) -> Scope:
    return Scope(bot_id=person.bot_id, person_id=person.pk)
