"""Statements on rows that every turn needs, and the counts of a bot.

They are plain SQL: the ORM takes several times as long to build them as the database to run them. Each filters by
scope, and only constants of this module are interpolated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Greatest

from memory import database
from memory.models import MemoryEntry, MemoryEntryQuerySet, new_stamp
from memory.storage.port import ROW, State, Values
from memory.types import Scope, Stats

_TABLE = MemoryEntry._meta.db_table
_CHUNK = 500
# How many neighbouring turns of a person to search for one of the same session. Closely interleaved sessions may find
# none.
_LOOK = 3
# Each scope has two separate indexes, one of its turns and one of its derived memories: a summary must not influence
# the ranking of turns.
_KINDS = {False: "kind = 'turn'", True: "kind IN ('fact', 'summary')"}
_SCOPE = "WHERE person_id = %s AND bot_id = %s AND"
_STATE = f"SELECT COUNT(*), SUM(stamp) FROM {_TABLE} {_SCOPE} "  # noqa: S608
_KNOWN = f"SELECT id, external_id, content_hash, duplicate_of_id, valid_to FROM {_TABLE} {_SCOPE} kind = 'turn' AND "  # noqa: S608
_COLUMNS = ", ".join("CASE WHEN terms IS NULL THEN tokens END" if name == "tokens" else name for name in ROW)
_ROWS = f"SELECT {_COLUMNS} FROM {_TABLE} {_SCOPE} "  # noqa: S608
# The unary plus keeps planners from the index on the scope. Its statistics say that people have few rows, so a planner
# would read a million rows of one person instead of a few hundred by primary key.
_ROWS_BY_ID = f"SELECT {_COLUMNS} FROM {_TABLE} WHERE +person_id = %s AND +bot_id = %s AND "  # noqa: S608
# Rewriting a row clears its claim, so the vector of its old text is not stored.
_STORE = (
    f"UPDATE {_TABLE} SET vector = %s, embedder = %s, stamp = %s, claim = NULL, claim_until = NULL "  # noqa: S608
    "WHERE id = %s AND claim = %s"
)


class Rows:
    def reach(self) -> str:
        database.connection().ensure_connection()
        return database.vendor()

    def state(self, scope: Scope, *, derived: bool = False, limit: int = 0) -> State:
        sql, values = _STATE + _KINDS[derived], [scope.person_id, scope.bot_id]
        if limit:
            part = f"SELECT stamp FROM {_TABLE} {_SCOPE} {_KINDS[derived]} LIMIT %s"  # noqa: S608
            sql = f"SELECT COUNT(*), SUM(stamp) FROM ({part}) AS f"  # noqa: S608
            values.append(limit + 1)
        with database.connection().cursor() as cursor:
            cursor.execute(sql, values)
            count, total = cursor.fetchone()
        return int(count), int(total or 0)

    def scan(self, scope: Scope, *, after: int | None, embedded: Sequence[int], derived: bool) -> list[Values]:
        sql, values = _ROWS + _KINDS[derived], [scope.person_id, scope.bot_id]
        if after is not None and embedded:
            sql += f" AND (id > %s OR (id IN ({', '.join(['%s'] * len(embedded))}) AND embedder <> ''))"
            values += [after, *embedded]
        elif after is not None:
            sql += " AND id > %s"
            values.append(after)
        with database.reader() as cursor:
            cursor.execute(f"{sql} ORDER BY occurred_at, id", values)
            return cursor.fetchall()  # type: ignore[no-any-return]

    def by_id(self, scope: Scope, ids: Sequence[int]) -> list[Values]:
        these, values = database.among("id", ids)
        with database.reader() as cursor:
            cursor.execute(f"{_ROWS_BY_ID + _KINDS[False]} AND {these}", (scope.person_id, scope.bot_id, *values))
            return cursor.fetchall()  # type: ignore[no-any-return]

    def known(self, scope: Scope, column: str, wanted: Sequence[Any]) -> list[Values]:
        marks = ", ".join(["%s"] * len(wanted))
        with database.connection().cursor() as cursor:
            cursor.execute(f"{_KNOWN}{column} IN ({marks})", (scope.person_id, scope.bot_id, *wanted))
            return cursor.fetchall()  # type: ignore[no-any-return]

    def insert(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Inserts up to 500 rows per statement."""
        ids: list[int] = []
        if not rows:
            return ids
        names = tuple(rows[0])
        one = f"({', '.join(['%s'] * len(names))})"
        size = _CHUNK if database.connection().features.can_return_rows_from_bulk_insert else 1
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            values = [value for row in part for value in _adapted(row)]
            sql = f"INSERT INTO {_TABLE} ({', '.join(names)}) VALUES {', '.join([one] * len(part))}"  # noqa: S608
            with database.connection().cursor() as cursor:
                if size == 1:
                    cursor.execute(sql, values)
                    ids.append(int(cursor.lastrowid))
                    continue
                cursor.execute(f"{sql} RETURNING id", values)
                ids += [pk for (pk,) in cursor.fetchall()]
        return ids

    def count_copies(self, scope: Scope, first: int, moments: Sequence[datetime]) -> None:
        MemoryEntry.objects.for_person(scope.bot_id, scope.person_id).filter(pk=first).update_unseen(
            duplicates=F("duplicates") + len(moments), last_seen_at=Greatest(F("last_seen_at"), max(moments))
        )

    def store_vectors(self, made: Sequence[tuple[int, bytes]], label: str, claim: int) -> int:
        values = [(vector, label, new_stamp(), pk, claim) for pk, vector in made]
        with database.atomic(), database.connection().cursor() as cursor:
            cursor.executemany(_STORE, values)
            return int(cursor.rowcount)

    def beside(self, ids: Collection[int], *, after: bool) -> dict[int, int]:
        """Queries: 1. The rows need not be adjacent: an index finds the few neighbours of each."""
        own = MemoryEntry.objects.filter(
            **{"id__gt" if after else "id__lt": OuterRef("id")},
            bot=OuterRef("bot_id"),
            person=OuterRef("person_id"),
            kind=MemoryEntry.Kind.TURN,
        ).order_by("id" if after else "-id")
        asked = MemoryEntry.objects.filter(pk__in=list(ids), kind=MemoryEntry.Kind.TURN)
        columns = {}
        for i in range(_LOOK):
            columns[f"n{i}"] = Subquery(own.values("id")[i : i + 1])
            columns[f"s{i}"] = Subquery(own.values("session")[i : i + 1])
        found: dict[int, int] = {}
        for row in asked.annotate(**columns).values("id", "session", *columns):
            near = (row[f"n{i}"] for i in range(_LOOK) if row[f"n{i}"] is not None and row[f"s{i}"] == row["session"])
            if (first := next(near, None)) is not None:
                found[row["id"]] = first
        return found

    def without_pinned_copies(self, rows: MemoryEntryQuerySet) -> MemoryEntryQuerySet:
        # A copy has the scope of its first row. Naming the scope would make a database read it once per row.
        return rows.exclude(Exists(MemoryEntry.objects.filter(duplicate_of=OuterRef("pk"), pinned=True)))

    def stats(self, bot_id: int, label: str) -> Stats:
        rows = MemoryEntry.objects.for_bot(bot_id)
        lacking = ~Q(embedder__in=(label, f"{label}:query")) if label else Q(embedder="")
        totals = rows.aggregate(
            entries=Count("id"),
            people=Count("person", distinct=True),
            duplicates=Count("id", filter=Q(duplicate_of__isnull=False)),
            pinned=Count("id", filter=Q(pinned=True)),
            with_vector=Count("id", filter=~Q(embedder="")),
            waiting=Count("id", filter=Q(duplicate_of=None) & lacking),
            oldest=Min("occurred_at"),
            newest=Max("occurred_at"),
        )
        labels = rows.exclude(embedder="").order_by().values_list("embedder").annotate(n=Count("id"))
        return Stats(
            entries=totals["entries"],
            people=totals["people"],
            duplicates=totals["duplicates"],
            pinned=totals["pinned"],
            with_vector=totals["with_vector"],
            waiting_for_vector=totals["waiting"],
            by_embedder=dict(labels),
            oldest=totals["oldest"],
            newest=totals["newest"],
        )


def _adapted(row: Mapping[str, Any]) -> list[Any]:
    """Converts dates and times as the database's driver wants them."""
    ops = database.connection().ops
    values = []
    for name, value in row.items():
        if isinstance(value, datetime):
            value = ops.adapt_datetimefield_value(value)
        elif name == "day":
            value = ops.adapt_datefield_value(value)
        values.append(value)
    return values
