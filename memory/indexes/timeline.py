"""Finds rows of a scope by time: the latest, the earliest, those of a period, and the neighbours of a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from memory.storage.port import store
from memory.storage.row import Row
from memory.types import Scope

BEFORE, AFTER = 2, 1


def latest(scope: Scope, limit: int) -> list[int]:
    return store().latest(scope, limit)


def earliest(scope: Scope, limit: int) -> list[int]:
    return store().earliest(scope, limit)


def period(scope: Scope, start: date, end: date, limit: int) -> list[int]:
    """Returns the latest rows from `start` (inclusive) to `end` (exclusive) in the speaker's calendar."""
    # The day is in the speaker's calendar and the time in UTC: a margin of one day lets the index on time be used.
    return store().period(scope, _midnight(start, -1), _midnight(end, 1), (start, end), limit)


def _midnight(day: date, shift: int) -> datetime:
    try:
        return datetime.combine(day + timedelta(days=shift), time(), UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def beside(scope: Scope, rows: Sequence[Row]) -> list[int]:
    """Returns ids of the rows directly before and after each of these."""
    return store().around(scope, [row.occurred_at for row in rows], BEFORE, AFTER) if rows else []
