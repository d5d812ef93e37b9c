"""Finds rows of a scope by time: the latest, the earliest, those of a period, and the neighbours of a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from memory import database
from memory.models import MemoryEntry
from memory.storage.row import Row
from memory.types import Scope

BEFORE, AFTER = 2, 1
_TABLE = MemoryEntry._meta.db_table
_SCOPE = f"SELECT id FROM {_TABLE} WHERE person_id = %s AND bot_id = %s AND kind = 'turn'"  # noqa: S608
_LATEST = f"{_SCOPE} ORDER BY occurred_at DESC, id DESC LIMIT %s"
_EARLIEST = f"{_SCOPE} ORDER BY occurred_at, id LIMIT %s"
_PERIOD = (
    f"{_SCOPE} AND occurred_at >= %s AND occurred_at < %s AND day >= %s AND day < %s "
    "ORDER BY occurred_at DESC, id DESC LIMIT %s"
)
_BEFORE = f"{_SCOPE} AND occurred_at <= %s ORDER BY occurred_at DESC, id DESC LIMIT {BEFORE + 1}"
_AFTER = f"{_SCOPE} AND occurred_at >= %s ORDER BY occurred_at, id LIMIT {AFTER + 1}"
_BESIDE_ALL = (
    "SELECT near.id FROM unnest(%s::timestamptz[]) AS said(at), LATERAL ("  # noqa: S608
    f"({_BEFORE.replace('<= %s', '<= said.at')}) UNION ALL ({_AFTER.replace('>= %s', '>= said.at')})) AS near"
)


def _ids(sql: str, values: Sequence[object]) -> list[int]:
    with database.connection().cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def latest(scope: Scope, limit: int) -> list[int]:
    return _ids(_LATEST, (scope.person_id, scope.bot_id, limit))


def earliest(scope: Scope, limit: int) -> list[int]:
    return _ids(_EARLIEST, (scope.person_id, scope.bot_id, limit))


def period(scope: Scope, start: date, end: date, limit: int) -> list[int]:
    """Returns the latest rows from `start` (inclusive) to `end` (exclusive) in the speaker's calendar."""
    ops = database.connection().ops
    # `day` is in the speaker's calendar and `occurred_at` in UTC: a margin of one day lets the index on time be used.
    low, high = _midnight(start, -1), _midnight(end, 1)
    days = (ops.adapt_datefield_value(start), ops.adapt_datefield_value(end))
    moments = (ops.adapt_datetimefield_value(low), ops.adapt_datetimefield_value(high))
    return _ids(_PERIOD, (scope.person_id, scope.bot_id, *moments, *days, limit))


def _midnight(day: date, shift: int) -> datetime:
    try:
        return datetime.combine(day + timedelta(days=shift), time(), UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def beside(scope: Scope, rows: Sequence[Row]) -> list[int]:
    """Returns ids of the rows directly before and after each of these. Queries: 1."""
    if not rows:
        return []
    adapt = database.connection().ops.adapt_datetimefield_value
    moments = [adapt(row.occurred_at) for row in rows]
    if database.vendor() == "postgresql":
        # Planned once; a UNION part for each moment would take longer to plan than to run.
        return _ids(_BESIDE_ALL, (moments, scope.person_id, scope.bot_id, scope.person_id, scope.bot_id))
    parts: list[str] = []
    values: list[object] = []
    for moment in moments:
        for sql in (_BEFORE, _AFTER):
            parts.append(f"SELECT id FROM ({sql}) AS p{len(parts)}")  # noqa: S608
            values += [scope.person_id, scope.bot_id, moment]
    return _ids(" UNION ALL ".join(parts), values)
