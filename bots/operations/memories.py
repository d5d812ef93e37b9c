"""Searches, edits, pins, exports and erases the memories of a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from bots import metrics
from bots.models import Person
from bots.people import audit_log, erasure, linking
from bots.people.erasure import Erasure, NotProved
from memory.lifecycle import editing, transfer
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Recall, Scope

__all__ = ["NotProved", "edit", "erase", "explore", "export_lines", "pin", "search", "supersede"]

DERIVED = 5  # number of facts and summaries that the explorer shows beside the turns


def search(person: Person, text: str, *, k: int = 10) -> Recall:
    """Returns the `k` best hits for `text` in a person's memories, with the recall that the bot uses."""
    return _recall(person, text, k=k)


def explore(person: Person, text: str, *, k: int = 20, as_of: datetime | None = None, history: bool = False) -> Recall:
    """Searches as `search` does and adds facts and summaries.

    Args:
        person: The person whose memories to search.
        text: The question.
        k: Maximum number of turns.
        as_of: Search the memory as it was at this moment.
        history: Include superseded memories.
    """
    return _recall(person, text, k=k, as_of=as_of, history=history, derived=DERIVED)


def _recall(person: Person, text: str, **how: Any) -> Recall:
    found = MemoryStore(person.bot_id).recall(_scope(person), text, reranked=person.bot.rerank, **how)
    metrics.recall(found.ms / 1000, "degraded" if found.degraded else "ok")
    return found


def edit(person: Person, actor: audit_log.Actor, pk: int, text: str) -> bool:
    """Corrects the text of a memory (`memory.lifecycle.editing.rewrite`); returns False if the text is the same.

    Raises:
        EditRefused: The edit is not allowed; the text has the reason.
    """
    with transaction.atomic():
        changed = editing.rewrite(_scope(person), pk, text)
        if changed:
            audit_log.record(audit_log.Action.EDIT, person, actor, counts={"memories": 1})
    return changed


def supersede(person: Person, actor: audit_log.Actor, pk: int, text: str) -> int:
    """Replaces a memory by one that is true from now on (`memory.lifecycle.editing.supersede`); returns the new id.

    Raises:
        EditRefused: The edit is not allowed; the text has the reason.
    """
    with transaction.atomic():
        new = editing.supersede(_scope(person), pk, text)
        audit_log.record(audit_log.Action.SUPERSEDE, person, actor, counts={"memories": 1})
    return new


def erase(person: Person, actor: audit_log.Actor, ids: Collection[int] | None = None) -> Erasure:
    """Erases a person's memories (all, or those with these ids) with their repetitions, and proves the erasure.

    Raises:
        NotProved: A search still finds some of the data.
    """
    return erasure.erase_memories(person, actor, ids)


def export_lines(person: Person, actor: audit_log.Actor) -> Iterator[str]:
    """Yields the memories that cannot be derived again, in the format of `memory import`; then audits the export."""
    count = 0
    for line in transfer.export_lines(_scope(linking.head_of(person))):
        yield line
        count += 1
    audit_log.record(audit_log.Action.EXPORT, person, actor, counts={"memories": count})


def pin(bot_ids: Collection[int] | None, ids: Collection[int], actor: audit_log.Actor, *, pinned: bool) -> int:
    """Pins or unpins memories; returns how many changed.

    Args:
        bot_ids: Only memories of these bots; None for all bots.
        ids: Ids of the memories.
        actor: The actor for the audit log.
        pinned: True exempts the memories from retention, False subjects them to it again.
    """
    action = audit_log.Action.PIN if pinned else audit_log.Action.UNPIN
    with transaction.atomic():
        rows = MemoryEntry.objects.filter(pk__in=list(ids)).exclude(pinned=pinned)
        if bot_ids is not None:
            rows = rows.filter(bot__in=list(bot_ids))
        counts = Counter(rows.values_list("person_id", flat=True))
        changed = rows.update(pinned=pinned)
        for person in Person.objects.filter(pk__in=list(counts)).select_related("bot"):
            audit_log.record(action, person, actor, counts={"memories": counts[person.pk]})
    return changed


def _scope(person: Person) -> Scope:
    return Scope(bot_id=person.bot_id, person_id=person.pk)
