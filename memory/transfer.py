"""Import and export of one person's memory as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from memory import database, entries
from memory.errors import BadLine
from memory.models import MemoryEntry, MemorySource
from memory.types import Scope, Turn

BATCH = 500
_TEXT_FIELDS = ("id", "session", "speaker")


@dataclass(slots=True)
class Report:
    """What an import did; `refused` holds (line number from 1, reason)."""

    stored: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Query:
    """A question of a query file."""

    id: str
    text: str
    now: datetime | None
    as_of: datetime | None = None


def parse_object(line: str) -> dict[str, Any]:
    """A JSON object from one line. Raises BadLine."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadLine("not a JSON object")
    return found


def _moment(value: object, name: str) -> datetime:
    try:
        at = parse_datetime(value) if isinstance(value, str) else None
    except ValueError as error:
        raise BadLine(f"{name}: {error}") from error
    if at is None:
        raise BadLine(f'{name} must be an ISO-8601 date and time such as "2026-11-20T09:30:00+08:00"')
    return at if at.tzinfo else timezone.make_aware(at)


def _string(value: object, name: str, longest: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadLine(f"{name} must be a string")
    text = str(value)
    if len(text) > longest:
        raise BadLine(f"{name} is longer than {longest} characters")
    return text


def parse_turn(line: str, scope: Scope) -> Turn:
    """A turn from an import line. Raises BadLine."""
    data = parse_object(line)
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadLine("text is missing or blank")
    role = data.get("role", "user")
    if role not in ("user", "assistant"):
        raise BadLine('role must be "user" or "assistant"')
    external = _string(data.get("id"), "id", 191)
    if not external:
        raise BadLine("id is missing: without it an import cannot be repeated")
    return Turn(
        bot_id=scope.bot_id,
        person_id=scope.person_id,
        role=role,
        text=text.replace("\0", ""),
        occurred_at=_moment(data.get("occurred_at"), "occurred_at"),
        external_id=external,
        session=_string(data.get("session"), "session", 64),
        speaker=_string(data.get("speaker"), "speaker", 200),
    )


def parse_query(line: str) -> Query:
    """A question from a query line. Raises BadLine."""
    data = parse_object(line)
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadLine("text is missing or blank")
    now, as_of = (_moment(data[name], name) if data.get(name) is not None else None for name in ("now", "as_of"))
    return Query(_string(data.get("id"), "id", 191), text, now, as_of)


def store_lines(lines: Iterable[str], scope: Scope, read: Callable[[int], object] = lambda count: None) -> Report:
    """Stores every good line once; bad lines are reported and left out. Vectors are the caller's next step.

    Args:
        lines: of a JSON-lines file.
        scope: whose memory.
        read: called with the number of lines after each batch.
    """
    report = Report()
    batch: list[Turn] = []
    seen = 0
    for number, line in enumerate(lines, 1):
        seen += 1
        if line.strip():
            try:
                batch.append(parse_turn(line, scope))
            except BadLine as error:
                report.refused.append((number, str(error)))
        if len(batch) >= BATCH:
            _store(batch, scope, report)
            read(seen)
            seen, batch = 0, []
    _store(batch, scope, report)
    read(seen)
    return report


def _store(batch: list[Turn], scope: Scope, report: Report) -> None:
    if not batch:
        return
    rows = entries.of_scope(scope)
    with database.atomic():
        before = rows.count()
        entries.insert(scope, batch, "")
        stored = rows.count() - before
    report.stored += stored
    report.known += len(batch) - stored


def export_lines(scope: Scope) -> Iterator[str]:
    """Every turn of a person, oldest first, as lines `store_lines` takes back, plus what it does not need.

    What was derived from the turns is left out: read as turns it would be junk, and it is made anew from them.
    """
    rows = entries.of_scope(scope).turns().order_by("occurred_at", "id")
    for row in rows.defer("vector", "tokens").iterator(chunk_size=BATCH):
        line = {
            "id": row.external_id or f"entry-{row.pk}",
            "session": row.session,
            "speaker": row.speaker,
            "role": row.role,
            "text": row.text,
            "occurred_at": row.occurred_at.isoformat(),
            "kind": row.kind,
            "pinned": row.pinned,
            "repeated": row.duplicates,
        }
        yield json.dumps(line, ensure_ascii=False)


_EXPORTED = (
    "id", "kind", "role", "speaker", "session", "external_id", "text", "occurred_at", "last_seen_at", "created_at",
    "pinned", "duplicates", "duplicate_of_id", "similar_to_id", "valid_from", "valid_to", "superseded_by_id",
    "archived_at", "fact_key", "fact_value", "conversation_id", "message_id", "embedder",
)  # fmt: skip


def export_rows(scope: Scope) -> Iterator[dict[str, Any]]:
    """Every entry of a person, oldest first, with all that is kept about it: also what was derived, archived or
    superseded, when it was true, and from which entries it was made (`sources`).
    """
    rows = entries.of_scope(scope).order_by("id").values(*_EXPORTED)
    batch: list[dict[str, Any]] = []
    for row in rows.iterator(chunk_size=BATCH):
        batch.append(row)
        if len(batch) == BATCH:
            yield from _with_sources(batch)
            batch = []
    yield from _with_sources(batch)


def _with_sources(batch: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    derived = [row["id"] for row in batch if row["kind"] != MemoryEntry.Kind.TURN]
    sources: dict[int, list[int]] = {}
    links = MemorySource.objects.filter(derived__in=derived).order_by("source_id")
    for entry, source in links.values_list("derived_id", "source_id"):
        sources.setdefault(entry, []).append(source)
    for row in batch:
        yield row | {"sources": sources.get(row["id"], [])}
