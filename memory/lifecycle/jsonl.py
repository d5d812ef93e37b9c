"""Parses and validates the lines of import and query files; an invalid line does not affect the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from clawdbot.storable_text import storable
from memory.errors import BadLine
from memory.types import ROLES, Scope, Turn

LONGEST_LINE = 16 * 1024 * 1024  # bytes
LONGEST_TEXT = 1_000_000  # characters; a memory is not for files
_LONGEST = {"id": 191, "session": 64, "speaker": 200, "fact_key": 191, "fact_value": 300}  # as the columns
_YEARS = range(1900, 2200)
_MOST_SOURCES = 10_000


@dataclass(frozen=True, slots=True)
class Query:
    """A question in a query file."""

    id: str
    text: str
    now: datetime | None
    as_of: datetime | None = None


def parse_object(line: str) -> dict[str, Any]:
    """Parses a JSON object from one line. Raises BadLine."""
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


def _string(data: dict[str, Any], name: str) -> str:
    value, longest = data.get(name), _LONGEST[name]
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadLine(f"{name} must be a string")
    text = str(value)
    if len(text) > longest:
        raise BadLine(f"{name} is longer than {longest} characters")
    return text


def read_lines(path: Path) -> Iterator[bytes]:
    """Yields the lines of a file; truncates a longer one to `LONGEST_LINE` + 1 bytes, which `decode` refuses."""
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            yield line
            while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE + 1)


def decode(line: bytes, number: int) -> str:
    """Decodes a line as UTF-8; removes a byte order mark before the first line. Raises BadLine."""
    if len(line) > LONGEST_LINE:
        raise BadLine(f"longer than {LONGEST_LINE} bytes")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadLine(f"not UTF-8: {error.reason} at byte {error.start}") from error
    return text.removeprefix("\ufeff") if number == 1 else text


@dataclass(frozen=True, slots=True)
class Kept:
    """A fact or a summary that somebody wrote, corrected or pinned, so that consolidation cannot derive it again.

    Attributes:
        valid_from: when it became true; None when unknown.
        valid_to: when it ceased to be true; None: it is still true.
        sources: ids of its source turns; erasing one of them erases it too.
        fact_key: subject and attribute, as in `MemoryEntry`; "" for a summary.
        fact_value: normalised value, as in `MemoryEntry`; "" for a summary.
    """

    kind: Literal["fact", "summary"]
    text: str
    occurred_at: datetime
    external_id: str
    session: str
    valid_from: datetime | None
    valid_to: datetime | None
    fact_key: str
    fact_value: str
    sources: tuple[str, ...]

    role = "user"


def parse_line(line: str, scope: Scope, origin_id: int | None = None) -> Turn | Kept:
    """Parses an import line. Raises BadLine."""
    data = parse_object(line)
    kind = data.get("kind", "turn")
    if kind == "turn":
        return _turn(data, scope, origin_id)
    if kind not in ("fact", "summary"):
        raise BadLine('kind must be "turn", "fact" or "summary"')
    return Kept(
        kind=kind,
        text=_text(data),
        occurred_at=_moment(data.get("occurred_at"), "occurred_at"),
        external_id=_id(data),
        session=_string(data, "session"),
        valid_from=_optional_moment(data, "valid_from"),
        valid_to=_optional_moment(data, "valid_to"),
        fact_key=storable(_string(data, "fact_key")),
        fact_value=storable(_string(data, "fact_value")),
        sources=_sources(data),
    )


def _turn(data: dict[str, Any], scope: Scope, origin_id: int | None) -> Turn:
    role = data.get("role", "user")
    if role not in ROLES:
        raise BadLine('role must be "user", "assistant" or "operator"')
    pinned = data.get("pinned", False)
    if not isinstance(pinned, bool):
        raise BadLine("pinned must be true or false")
    return Turn(
        bot_id=scope.bot_id,
        person_id=scope.person_id,
        role=role,
        text=_text(data),
        origin_id=origin_id,
        occurred_at=_moment(data.get("occurred_at"), "occurred_at"),
        external_id=_id(data),
        session=_string(data, "session"),
        speaker=_string(data, "speaker"),
        pinned=pinned,
        valid_to=_optional_moment(data, "valid_to"),
    )


def _text(data: dict[str, Any]) -> str:
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadLine("text is missing or blank")
    text = storable(text)
    if len(text) > LONGEST_TEXT:
        raise BadLine(f"text is longer than {LONGEST_TEXT} characters")
    if not text.strip():
        raise BadLine("text holds nothing that can be stored")
    return text


def _id(data: dict[str, Any]) -> str:
    external = storable(_string(data, "id"))
    if not external.strip():
        raise BadLine("id is missing: without it an import cannot be repeated")
    return external


def _sources(data: dict[str, Any]) -> tuple[str, ...]:
    sources = data.get("sources", [])
    if not isinstance(sources, list) or len(sources) > _MOST_SOURCES:
        raise BadLine(f"sources must be a list of {_MOST_SOURCES} ids at most")
    return tuple(storable(_string({"id": source}, "id")) for source in sources)


def _optional_moment(data: dict[str, Any], name: str) -> datetime | None:
    return _moment(data[name], name) if data.get(name) is not None else None


def parse_query(line: str) -> Query:
    """Parses a query line. Raises BadLine."""
    data = parse_object(line)
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadLine("text is missing or blank")
    now, as_of = _optional_moment(data, "now"), _optional_moment(data, "as_of")
    return Query(_string(data, "id"), text, now, as_of)
