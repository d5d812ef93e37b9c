"""Statements for the indexes of large memories: rows by time, vectors and their changes.

Triggers write the changes (`memory.indexes.schema`), in the transaction that changes a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Max

from memory import database
from memory.models import MemoryEntry
from memory.models.indexes import VectorChange
from memory.storage.port import Change, Values
from memory.types import Scope

_TABLE = MemoryEntry._meta.db_table
_SCOPE = f"SELECT id FROM {_TABLE} WHERE person_id = %s AND bot_id = %s AND kind = 'turn'"  # noqa: S608
_LATEST = f"{_SCOPE} ORDER BY occurred_at DESC, id DESC LIMIT %s"
_EARLIEST = f"{_SCOPE} ORDER BY occurred_at, id LIMIT %s"
_PERIOD = (
    f"{_SCOPE} AND occurred_at >= %s AND occurred_at < %s AND day >= %s AND day < %s "
    "ORDER BY occurred_at DESC, id DESC LIMIT %s"
)
_BEFORE = f"{_SCOPE} AND occurred_at <= %s ORDER BY occurred_at DESC, id DESC LIMIT %s"
_AFTER = f"{_SCOPE} AND occurred_at >= %s ORDER BY occurred_at, id LIMIT %s"
_BESIDE_ALL = (
    "SELECT near.id FROM unnest(%s::timestamptz[]) AS said(at), LATERAL ("  # noqa: S608
    f"({_BEFORE.replace('<= %s', '<= said.at')}) UNION ALL ({_AFTER.replace('>= %s', '>= said.at')})) AS near"
)
_CHUNK = (
    f"SELECT id, terms, CASE WHEN terms IS NULL THEN tokens END, vector, embedder FROM {_TABLE} "  # noqa: S608
    "WHERE person_id = %s AND bot_id = %s AND kind = 'turn' AND id > %s AND id <= %s ORDER BY id LIMIT %s"
)
_CHANGES = "SELECT id, entry_id FROM memory_vectorchange WHERE scope_id = %s AND id > %s ORDER BY id DESC LIMIT %s"
_VECTORS = (
    f"SELECT id, vector, embedder FROM {_TABLE} WHERE person_id = %s AND bot_id = %s "  # noqa: S608
    "AND vector IS NOT NULL AND id IN "
)


class IndexReads:
    def latest(self, scope: Scope, limit: int) -> list[int]:
        return _ids(_LATEST, (scope.person_id, scope.bot_id, limit))

    def earliest(self, scope: Scope, limit: int) -> list[int]:
        return _ids(_EARLIEST, (scope.person_id, scope.bot_id, limit))

    def period(self, scope: Scope, begin: datetime, end: datetime, days: tuple[date, date], limit: int) -> list[int]:
        ops = database.connection().ops
        moments = (ops.adapt_datetimefield_value(begin), ops.adapt_datetimefield_value(end))
        said = (ops.adapt_datefield_value(days[0]), ops.adapt_datefield_value(days[1]))
        return _ids(_PERIOD, (scope.person_id, scope.bot_id, *moments, *said, limit))

    def around(self, scope: Scope, moments: Sequence[datetime], before: int, after: int) -> list[int]:
        """Queries: 1."""
        adapt = database.connection().ops.adapt_datetimefield_value
        adapted = [adapt(moment) for moment in moments]
        mine = (scope.person_id, scope.bot_id)
        if database.vendor() == "postgresql":
            # Planned once; a UNION part for each moment would take longer to plan than to run.
            return _ids(_BESIDE_ALL, (adapted, *mine, before + 1, *mine, after + 1))
        parts: list[str] = []
        values: list[object] = []
        for moment in adapted:
            for sql, limit in ((_BEFORE, before + 1), (_AFTER, after + 1)):
                parts.append(f"SELECT id FROM ({sql}) AS p{len(parts)}")  # noqa: S608
                values += [*mine, moment, limit]
        return _ids(" UNION ALL ".join(parts), values)

    def chunk(self, scope: Scope, after: int, upto: int, limit: int) -> list[Values]:
        with database.connection().cursor() as cursor:
            cursor.execute(_CHUNK, (scope.person_id, scope.bot_id, after, upto, limit))
            return cursor.fetchall()  # type: ignore[no-any-return]

    def vectors(self, scope: Scope, ids: Sequence[int]) -> list[Values]:
        marks = ", ".join(["%s"] * len(ids))
        with database.connection().cursor() as cursor:
            cursor.execute(f"{_VECTORS} ({marks})", (scope.person_id, scope.bot_id, *ids))
            return cursor.fetchall()  # type: ignore[no-any-return]

    def changes(self, scope: Scope, scope_id: int, after: int, limit: int) -> list[Change]:
        with database.connection().cursor() as cursor:
            cursor.execute(_CHANGES, (scope_id, after, limit))
            return cursor.fetchall()  # type: ignore[no-any-return]

    def last_change(self, scope_id: int) -> int:
        return int(VectorChange.objects.filter(scope=scope_id).aggregate(last=Max("id"))["last"] or 0)

    def drop_changes(self, scope_id: int, upto: int) -> None:
        VectorChange.objects.filter(scope=scope_id, id__lte=upto).delete()

    def changed(self, scope: Scope, scope_id: int, since: int, indexed: int) -> tuple[int, int]:
        newer = VectorChange.objects.filter(scope=scope_id, id__gt=since)
        return newer.filter(entry_id__gt=0).count(), newer.filter(entry_id__lt=0).count()


def _ids(sql: str, values: Sequence[object]) -> list[int]:
    with database.connection().cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]
