"""Writes derived rows with their source turns, and deletes them together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from memory.consolidation import duplicates, episodes, timeline
from memory.models import MemoryEntry
from memory.storage import passages, reindex, work_leases
from memory.storage.port import store
from memory.storage.rows import content_hash, of_scope
from memory.text.tokenizer import index_terms
from memory.text.topics import marks
from memory.types import Scope

_PART = 500


def write(scope: Scope, kind: str, text: str, day: date, sources: Iterable[int], fields: Mapping[str, Any]) -> int:
    """Stores a fact or a summary with its sources; returns its id. `memory.embed_pending` makes its vector."""
    at = datetime(day.year, day.month, day.day, 12, tzinfo=reindex.ANY_ZONE)
    row = MemoryEntry(
        bot_id=scope.bot_id,
        person_id=scope.person_id,
        kind=kind,
        role=MemoryEntry.Role.USER,
        text=text,
        tokens=" ".join(index_terms(text, "", at) + (marks(text, "user") if kind == MemoryEntry.Kind.FACT else [])),
        content_hash=content_hash(kind, text),
        day=day,
        **fields,
    )
    row.last_seen_at = row.occurred_at
    row.save(force_insert=True)
    add_sources(row.pk, sources)
    return row.pk


def add_sources(derived_id: int, sources: Iterable[int]) -> None:
    """Adds sources to a derived row; skips those that it has already."""
    store().add_sources(derived_id, sources)


def erase(scope: Scope, ids: Collection[int] | None) -> int:
    """Deletes a person's rows (all, or these) with their copies and everything derived from them.

    Runs in the caller's transaction. The next run reads the other sources of deleted derived rows again, so facts
    that are still true come back without the erased words.

    Returns:
        Number of deleted rows.
    """
    rows = of_scope(scope)
    if ids is None:
        work_leases.end(scope)
        episodes.mark_unread(scope)
        return _count(rows.delete())
    work_leases.wait(scope)
    gone = 0
    for part in _parts(ids):
        passages.drop_follower_vectors(scope, part)
        gone += drop_derived_from(scope, part)
        duplicates.release(scope, part)
        found = rows.filter(pk__in=part)
        keys = set(found.filter(kind=MemoryEntry.Kind.FACT).values_list("fact_key", flat=True))
        gone += _count(found.delete())
        _relink(scope, keys)
    return gone


def drop_derived_from(scope: Scope, ids: list[int]) -> int:
    """Deletes rows derived from these turns; the next run reads their sessions again. Returns the number of rows."""
    derived = store().derived_from(scope, ids, copies=True)
    sessions: set[str] = set()
    for part in _parts(derived):
        sessions.update(store().sessions_of_sources(part))
    if sessions:
        episodes.mark_unread(scope, sessions)
    return _delete(scope, derived)


def drop_orphans(scope: Scope) -> int:
    """Deletes unpinned derived rows that have no source left, or a source that now belongs to another person.

    Returns:
        Number of deleted rows.
    """
    return _delete(scope, store().unfounded(scope))


def reset(scope: Scope) -> int:
    """Deletes all unpinned derived rows, so that they are made again; returns the number of rows."""
    ids = list(of_scope(scope).derived().filter(pinned=False).values_list("id", flat=True))
    gone = _delete(scope, ids)
    episodes.mark_unread(scope)
    return gone


def _delete(scope: Scope, ids: Collection[int]) -> int:
    """Deletes derived rows; facts that a deleted one had superseded become current again."""
    keys: set[str] = set()
    for part in _parts(ids):
        found = of_scope(scope).derived().filter(pk__in=part)
        keys.update(found.filter(kind=MemoryEntry.Kind.FACT).values_list("fact_key", flat=True))
        found.delete()
    _relink(scope, keys)
    return len(ids)


def _relink(scope: Scope, keys: Iterable[str]) -> None:
    for key in keys:
        timeline.relink(scope, key)


def _count(deleted: tuple[int, dict[str, int]]) -> int:
    return deleted[1].get("memory.MemoryEntry", 0)


def _parts(ids: Collection[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + _PART] for start in range(0, len(ordered), _PART))
