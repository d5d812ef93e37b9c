"""Lists and erases the memories of a web chat visitor: only their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.models import Channel
from bots.operations.web_chat import find_person
from bots.people import audit_log, erasure
from memory.models import MemoryEntry, MemoryEntryQuerySet

PAGE = 50


@dataclass(frozen=True, slots=True)
class MemoryPage:
    """One page, latest first. `total` counts the entries of all pages; `more` tells whether another page follows."""

    memories: list[dict[str, Any]]
    total: int
    more: bool


def list_memories(channel: Channel, visitor_id: str, *, offset: int = 0) -> MemoryPage:
    """Returns one page of this visitor's memories; a repeated text is listed once."""
    entries = _entries(channel, visitor_id)
    total = entries.count()
    rows = entries.order_by("-occurred_at", "-id")[offset : offset + PAGE]
    shown = rows.values("id", "text", "role", "kind", "occurred_at", "duplicates")
    memories = [_as_json(row) for row in shown]
    return MemoryPage(memories, total, offset + len(memories) < total)


def erase(channel: Channel, visitor_id: str, memory_id: int | None = None) -> int:
    """Erases one memory of this visitor, or all; returns how many."""
    person = find_person(channel, visitor_id)
    if person is None:
        return 0
    return erasure.erase_memories(person, audit_log.HIMSELF, None if memory_id is None else [memory_id]).memories


def _entries(channel: Channel, visitor_id: str) -> MemoryEntryQuerySet:
    person = find_person(channel, visitor_id)
    if person is None:
        return MemoryEntry.objects.none()
    return MemoryEntry.objects.for_person(channel.bot_id, person.pk).distinct_entries()


def _as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "text": row["text"],
        "role": row["role"],
        "kind": row["kind"],
        "occurred_at": row["occurred_at"].isoformat(),
        "seen": row["duplicates"] + 1,
    }
