"""Reads for the indexes of large memories in MongoDB: rows by time, vectors and their changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from memory.models.indexes import LargeScope
from memory.storage.mongo import client
from memory.storage.mongo.documents import microseconds
from memory.storage.mongo.rows import of_scope
from memory.storage.port import Change, Values
from memory.types import Scope

_CHUNK = ("id", "terms", "vector", "embedder")
_VECTOR = ("id", "vector", "embedder")


class IndexReads:
    def latest(self, scope: Scope, limit: int) -> list[int]:
        return _ids(of_scope(scope, kind="turn"), -1, limit)

    def earliest(self, scope: Scope, limit: int) -> list[int]:
        return _ids(of_scope(scope, kind="turn"), 1, limit)

    def period(self, scope: Scope, begin: datetime, end: datetime, days: tuple[date, date], limit: int) -> list[int]:
        said = {"$gte": microseconds(begin), "$lt": microseconds(end)}
        day = {"$gte": days[0].isoformat(), "$lt": days[1].isoformat()}
        return _ids(of_scope(scope, kind="turn", occurred_at=said, day=day), -1, limit)

    def around(self, scope: Scope, moments: Sequence[datetime], before: int, after: int) -> list[int]:
        """Queries: 2 for each moment that differs."""
        found: list[int] = []
        for at in sorted({microseconds(moment) for moment in moments}):
            found += _ids(of_scope(scope, kind="turn", occurred_at={"$lte": at}), -1, before + 1)
            found += _ids(of_scope(scope, kind="turn", occurred_at={"$gte": at}), 1, after + 1)
        return found

    def chunk(self, scope: Scope, after: int, upto: int, limit: int) -> list[Values]:
        where = of_scope(scope, kind="turn", id={"$gt": after, "$lte": upto})
        read = client.find(where, _CHUNK, (("id", 1),), limit)
        return [(one["id"], one["terms"], None, one.get("vector"), one["embedder"]) for one in read]

    def vectors(self, scope: Scope, ids: Sequence[int]) -> list[Values]:
        where = of_scope(scope, _id={"$in": list(ids)}, vector={"$ne": None})
        return [(one["id"], one["vector"], one["embedder"]) for one in client.find(where, _VECTOR)]

    def changes(self, scope: Scope, scope_id: int, after: int, limit: int) -> list[Change]:
        newer = of_scope(scope, change={"$gt": after})
        latest = (("change", -1),)
        rows = client.find({**newer, "kind": "turn"}, ("id", "change", "embedder"), latest, limit)
        found = [(one["change"], one["id"] if one["embedder"] else -one["id"]) for one in rows]
        gone = client.find(newer, ("entry_id", "change"), latest, limit, name=client.DELETIONS)
        found += [(one["change"], -one["entry_id"]) for one in gone]
        return sorted(found, reverse=True)[:limit]

    def last_change(self, scope_id: int) -> int:
        return client.last_number("change")

    def drop_changes(self, scope_id: int, upto: int) -> None:
        if (scope := _scope(scope_id)) is not None:
            client.delete(of_scope(scope, change={"$lte": upto}), client.DELETIONS)

    def changed(self, scope: Scope, scope_id: int, since: int, indexed: int) -> tuple[int, int]:
        newer = of_scope(scope, change={"$gt": since})
        waiting = client.count({**newer, "kind": "turn", "embedder": {"$ne": ""}})
        lost = client.count({**newer, "kind": "turn", "embedder": ""})
        return waiting, lost + client.count(newer, name=client.DELETIONS)


def _scope(scope_id: int) -> Scope | None:
    found = LargeScope.objects.filter(pk=scope_id).values_list("bot_id", "person_id").first()
    return Scope(*found) if found else None


def _ids(where: dict[str, Any], way: int, limit: int) -> list[int]:
    return [one["id"] for one in client.find(where, ("id",), (("occurred_at", way), ("id", way)), limit)]
