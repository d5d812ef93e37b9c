"""Imports and exports one person's memory as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import timezone as fixed_zone
from typing import Any

from django.utils import timezone

from memory.consolidation import provenance, timeline
from memory.errors import BadLine
from memory.lifecycle.jsonl import Kept, decode, parse_line
from memory.models import MemoryEntry
from memory.storage import rows, work_leases
from memory.storage.port import store
from memory.types import Scope, Turn

BATCH = 500
_HOURS = sorted((hours for hours in range(-14, 15) if hours), key=abs)


@dataclass(slots=True)
class Report:
    """The result of an import. refused: (line number from 1, reason)."""

    stored: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def store_lines(
    lines: Iterable[bytes],
    scope: Scope,
    read: Callable[[int], object] = lambda count: None,
    origin_id: int | None = None,
) -> Report:
    """Stores every valid line once; reports invalid lines and skips them. Makes no vectors; the caller does.

    Each batch is one transaction, and the id of a line is its idempotency key: after a kill, repeat the call.

    Args:
        lines: raw lines of a JSON-lines file (`jsonl.read_lines`).
        scope: whose memory.
        read: called with the number of lines after each batch.
        origin_id: the linked person whose lines these are; see `Turn.origin_id`.

    Raises:
        WorkEnded: The person was erased, linked or separated meanwhile.
    """
    report = Report()
    batch: list[tuple[int, Turn | Kept]] = []
    seen = 0
    with work_leases.begin(scope) as work:
        for number, line in enumerate(lines, 1):
            seen += 1
            try:
                if text := decode(line, number).strip():
                    batch.append((number, parse_line(text, scope, origin_id)))
            except BadLine as error:
                report.refused.append((number, str(error)))
            if len(batch) >= BATCH:
                _store(batch, scope, report, work)
                read(seen)
                seen, batch = 0, []
        _store(batch, scope, report, work)
    read(seen)
    report.refused.sort()
    return report


def _store(batch: list[tuple[int, Turn | Kept]], scope: Scope, report: Report, work: work_leases.Work) -> None:
    if not batch:
        return
    with work.unit():
        ids = [item.external_id for _number, item in batch]
        found = rows.of_scope(scope).filter(external_id__in=ids).values_list("external_id", "role", "text")
        known = {external: (role, text) for external, role, text in found}
        fresh: list[Turn] = []
        kept: list[Kept] = []
        for number, item in batch:
            before = known.get(item.external_id)
            if before is None:
                known[item.external_id] = (item.role, item.text)
                if isinstance(item, Kept):
                    kept.append(item)
                else:
                    fresh.append(item)
            elif before == (item.role, item.text):
                report.known += 1
            else:
                report.refused.append((number, f"id {item.external_id!r} is known with another text or side"))
        if fresh:
            rows.insert(scope, fresh, "")
        _keep(scope, kept)
    report.stored += len(fresh) + len(kept)


def _keep(scope: Scope, kept: list[Kept]) -> None:
    turns = rows.of_scope(scope).turns()
    for item in kept:
        fields = {
            name: getattr(item, name)
            for name in ("external_id", "session", "occurred_at", "valid_from", "valid_to", "fact_key", "fact_value")
        }
        day = item.occurred_at.date()
        sources = turns.filter(external_id__in=item.sources).values_list("pk", flat=True)
        provenance.write(scope, item.kind, item.text, day, list(sources), fields | {"pinned": True})
    for key in {item.fact_key for item in kept if item.fact_key}:
        timeline.relink(scope, key)


def export_lines(scope: Scope) -> Iterator[str]:
    """Yields a person's memory as lines that `store_lines` can import.

    Exports every turn, oldest first, and then the facts and summaries that somebody wrote, corrected or pinned. Leaves
    out all other derived rows, because the next consolidation derives them again.
    """
    memories = rows.of_scope(scope).order_by("occurred_at", "id").defer("vector", "tokens")
    for row in memories.turns().iterator(chunk_size=BATCH):
        line = _line(row) | {"speaker": row.speaker, "role": row.role, "pinned": row.pinned, "repeated": row.duplicates}
        yield json.dumps(line, ensure_ascii=False)
    for row in memories.derived().filter(pinned=True).iterator(chunk_size=BATCH):
        line = _line(row) | {"fact_key": row.fact_key, "fact_value": row.fact_value, "sources": _sources(scope, row.pk)}
        yield json.dumps(line, ensure_ascii=False)


def _line(row: MemoryEntry) -> dict[str, Any]:
    said_at = _in_calendar(row.occurred_at, row.day)
    moments = {"occurred_at": said_at, "valid_from": row.valid_from, "valid_to": row.valid_to}
    return {
        "id": _exported_id(row.pk, row.external_id),
        "session": row.session,
        "kind": row.kind,
        "text": row.text,
        **{name: at.isoformat() for name, at in moments.items() if at is not None},
    }


def _exported_id(pk: int, external_id: str | None) -> str:
    return external_id or f"entry-{pk}"


def _sources(scope: Scope, derived: int) -> list[str]:
    ids = store().sources([derived]).get(derived, [])
    turns = rows.of_scope(scope).turns().filter(pk__in=ids).order_by("pk")
    return [_exported_id(*turn) for turn in turns.values_list("pk", "external_id")]


def _in_calendar(at: datetime, day: date) -> datetime:
    """Returns the time in a zone where it is that day.

    The speaker's zone is not stored, but "yesterday" must be resolved against the speaker's day.
    """
    local = timezone.localtime(at)
    if local.date() == day:
        return local
    moments = (at.astimezone(fixed_zone(timedelta(hours=hours))) for hours in _HOURS)
    return next((moment for moment in moments if moment.date() == day), at.astimezone(UTC))


_EXPORTED = (
    "id", "kind", "role", "speaker", "session", "external_id", "text", "occurred_at", "last_seen_at", "created_at",
    "pinned", "duplicates", "duplicate_of_id", "similar_to_id", "valid_from", "valid_to", "superseded_by_id",
    "archived_at", "fact_key", "fact_value", "conversation_id", "message_id", "embedder",
)  # fmt: skip


def export_rows(scope: Scope) -> Iterator[dict[str, Any]]:
    """Yields every entry of a person, oldest first, with all stored fields and the ids of its sources (`sources`).

    Includes derived, archived and superseded entries.
    """
    memories = rows.of_scope(scope).order_by("id").values(*_EXPORTED)
    batch: list[dict[str, Any]] = []
    for row in memories.iterator(chunk_size=BATCH):
        batch.append(row)
        if len(batch) == BATCH:
            yield from _with_sources(batch)
            batch = []
    yield from _with_sources(batch)


def _with_sources(batch: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    derived = [row["id"] for row in batch if row["kind"] != MemoryEntry.Kind.TURN]
    sources = store().sources(derived)
    for row in batch:
        yield row | {"sources": sources.get(row["id"], [])}
