"""Import and export of one person's memory as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from memory import entries, ongoing
from memory.errors import BadLine
from memory.models import MemoryEntry, MemorySource
from memory.types import Scope, Turn, storable

BATCH = 500
LONGEST_LINE = 16 * 1024 * 1024  # bytes
LONGEST_TEXT = 1_000_000  # characters; the memory is for what was said, not for files
_YEARS = range(1900, 2200)


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
    if at is not None and at.year not in _YEARS:
        raise BadLine(f"{name}: nobody said anything in the year {at.year}")
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


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, each at most `LONGEST_LINE` bytes and one: of a longer one only so much is read."""
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            yield line
            while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE + 1)


def decode(line: bytes, number: int) -> str:
    """One line as text, without the mark that some programs write before the first. Raises BadLine."""
    if len(line) > LONGEST_LINE:
        raise BadLine(f"longer than {LONGEST_LINE} bytes")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadLine(f"not UTF-8: {error.reason} at byte {error.start}") from error
    return text.removeprefix("\ufeff") if number == 1 else text


def parse_turn(line: str, scope: Scope, origin_id: int | None = None) -> Turn:
    """A turn from an import line. Raises BadLine."""
    data = parse_object(line)
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadLine("text is missing or blank")
    text = storable(text)
    if len(text) > LONGEST_TEXT:
        raise BadLine(f"text is longer than {LONGEST_TEXT} characters")
    if not text.strip():
        raise BadLine("text holds nothing that can be stored")
    role = data.get("role", "user")
    if role not in ("user", "assistant"):
        raise BadLine('role must be "user" or "assistant"')
    pinned = data.get("pinned", False)
    if not isinstance(pinned, bool):
        raise BadLine("pinned must be true or false")
    external = storable(_string(data.get("id"), "id", 191))
    if not external:
        raise BadLine("id is missing: without it an import cannot be repeated")
    return Turn(
        bot_id=scope.bot_id,
        person_id=scope.person_id,
        role=role,
        text=text,
        origin_id=origin_id,
        occurred_at=_moment(data.get("occurred_at"), "occurred_at"),
        external_id=external,
        session=_string(data.get("session"), "session", 64),
        speaker=_string(data.get("speaker"), "speaker", 200),
        pinned=pinned,
        valid_to=_moment(data["valid_to"], "valid_to") if data.get("valid_to") is not None else None,
    )


def parse_query(line: str) -> Query:
    """A question from a query line. Raises BadLine."""
    data = parse_object(line)
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadLine("text is missing or blank")
    now, as_of = (_moment(data[name], name) if data.get(name) is not None else None for name in ("now", "as_of"))
    return Query(_string(data.get("id"), "id", 191), text, now, as_of)


def store_lines(
    lines: Iterable[bytes],
    scope: Scope,
    read: Callable[[int], object] = lambda count: None,
    origin_id: int | None = None,
) -> Report:
    """Stores every good line once; bad lines are reported and left out. Vectors are the caller's next step.

    Each batch is one transaction, and a line is known by its id: after a kill the same call goes on where it was.

    Args:
        lines: of a JSON-lines file, as they are (`read_lines`).
        scope: whose memory.
        read: called with the number of lines after each batch.
        origin_id: the linked person whose lines these are; see `Turn.origin_id`.

    Raises:
        WorkEnded: The person was erased, linked or separated meanwhile.
    """
    report = Report()
    batch: list[tuple[int, Turn]] = []
    seen = 0
    with ongoing.begin(scope) as work:
        for number, line in enumerate(lines, 1):
            seen += 1
            try:
                if text := decode(line, number).strip():
                    batch.append((number, parse_turn(text, scope, origin_id)))
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


def _store(batch: list[tuple[int, Turn]], scope: Scope, report: Report, work: ongoing.Work) -> None:
    if not batch:
        return
    rows = entries.of_scope(scope)
    with work.unit():
        ids = [turn.external_id for _number, turn in batch]
        found = rows.filter(external_id__in=ids).values_list("external_id", "role", "text")
        known = {external: (role, text) for external, role, text in found}
        fresh: list[Turn] = []
        for number, turn in batch:
            before = known.get(turn.external_id)
            if before is None:
                known[turn.external_id] = (turn.role, turn.text)
                fresh.append(turn)
            elif before == (turn.role, turn.text):
                report.known += 1
            else:
                report.refused.append((number, f"id {turn.external_id!r} is known with another text"))
        if fresh:
            entries.insert(scope, fresh, "")
    report.stored += len(fresh)


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
        if row.valid_to is not None:
            line["valid_to"] = row.valid_to.isoformat()
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
