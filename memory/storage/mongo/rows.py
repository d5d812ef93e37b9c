"""Calls of every turn, and the counts of a bot, in MongoDB."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from memory.models import MemoryEntry, new_stamp
from memory.storage.mongo import client, documents
from memory.storage.mongo.conditions import Filter
from memory.storage.port import ROW, State, Values
from memory.types import Scope, Stats

_KINDS: dict[bool, Any] = {False: "turn", True: {"$in": ["fact", "summary"]}}
_KNOWN = ("id", "external_id", "content_hash", "duplicate_of_id", "valid_to")
_BY_TIME = (("occurred_at", 1), ("id", 1))
_PLAIN = frozenset({"tokens", "dates"})
# How many neighbouring turns of a person to search for one of the same session, as in the other databases.
_LOOK = 3


def of_scope(scope: Scope, **more: Any) -> Filter:
    """Returns the filter of a person's rows."""
    return {"person_id": scope.person_id, "bot_id": scope.bot_id, **more}


class Rows:
    def reach(self) -> str:
        return f"mongodb {client.ping()}"

    def state(self, scope: Scope, *, derived: bool = False, limit: int = 0) -> State:
        steps: list[Mapping[str, Any]] = [{"$match": of_scope(scope, kind=_KINDS[derived])}]
        if limit:
            steps.append({"$limit": limit + 1})
        found = client.aggregate([*steps, {"$group": {"_id": None, "rows": {"$sum": 1}, "sum": {"$sum": "$stamp"}}}])
        return (int(found[0]["rows"]), int(found[0]["sum"])) if found else (0, 0)

    def scan(self, scope: Scope, *, after: int | None, embedded: Sequence[int], derived: bool) -> list[Values]:
        where = of_scope(scope, kind=_KINDS[derived])
        if after is not None and embedded:
            late = {"_id": {"$in": list(embedded)}, "embedder": {"$ne": ""}}
            where["$or"] = [{"id": {"$gt": after}}, late]
        elif after is not None:
            where["id"] = {"$gt": after}
        return [_values(found) for found in client.find(where, ROW, _BY_TIME)]

    def by_id(self, scope: Scope, ids: Sequence[int]) -> list[Values]:
        where = of_scope(scope, kind="turn", _id={"$in": list(ids)})
        return [_values(found) for found in client.find(where, ROW)]

    def known(self, scope: Scope, column: str, wanted: Sequence[Any]) -> list[Values]:
        where = of_scope(scope, kind="turn", **{column: {"$in": [documents.encode(column, value) for value in wanted]}})
        read = client.find(where, _KNOWN)
        return [tuple(documents.decode(name, found.get(name)) for name in _KNOWN) for found in read]

    def insert(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        if not rows:
            return []
        ids, changes = client.numbers("entry", len(rows)), client.numbers("change", len(rows))
        client.insert([documents.document(row, pk, n) for row, pk, n in zip(rows, ids, changes, strict=True)])
        return list(ids)

    def count_copies(self, scope: Scope, first: int, moments: Sequence[datetime]) -> None:
        seen = documents.microseconds(max(moments))
        change = {"$inc": {"duplicates": len(moments)}, "$max": {"last_seen_at": seen}}
        client.update(of_scope(scope, _id=first), change)

    def store_vectors(self, made: Sequence[tuple[int, bytes]], label: str, claim: int) -> int:
        changes = client.numbers("change", len(made)) if made else ()
        return client.update_each(
            [
                (
                    {"_id": pk, "claim": claim},
                    {"$set": _stored(vector, label) | {"change": number}},
                )
                for (pk, vector), number in zip(made, changes, strict=True)
            ]
        )

    def beside(self, ids: Collection[int], *, after: bool) -> dict[int, int]:
        asked: dict[Scope, dict[int, str]] = defaultdict(dict)
        fields = ("id", "bot_id", "person_id", "session")
        for found in client.find({"_id": {"$in": list(ids)}, "kind": "turn"}, fields):
            asked[Scope(found["bot_id"], found["person_id"])][found["id"]] = found["session"]
        near: dict[int, int] = {}
        for scope, sessions in asked.items():
            near |= _neighbours(scope, sessions, 1 if after else -1)
        return near

    def without_pinned_copies(self, rows: Any) -> Any:
        pinned = MemoryEntry.objects.filter(pinned=True).exclude(duplicate_of=None).order_by()
        return rows.exclude(pk__in=set(pinned.values_list("duplicate_of_id", flat=True)))

    def stats(self, bot_id: int, label: str) -> Stats:
        rows = MemoryEntry.objects.for_bot(bot_id).order_by()
        first = rows.distinct_entries()
        lacking = first.exclude(embedder__in=(label, f"{label}:query")) if label else first.filter(embedder="")
        by_label = {
            found["_id"]: found["n"]
            for found in client.aggregate(
                [{"$match": {"bot_id": bot_id}}, {"$group": {"_id": "$embedder", "n": {"$sum": 1}}}]
            )
        }
        entries, bare = sum(by_label.values()), by_label.pop("", 0)
        return Stats(
            entries=entries,
            people=len(list(rows.values_list("person_id", flat=True).distinct())),
            duplicates=rows.exclude(duplicate_of=None).count(),
            pinned=rows.filter(pinned=True).count(),
            with_vector=entries - bare,
            waiting_for_vector=lacking.count(),
            by_embedder=by_label,
            oldest=rows.order_by("occurred_at").values_list("occurred_at", flat=True).first(),
            newest=rows.order_by("-occurred_at").values_list("occurred_at", flat=True).first(),
        )


def _stored(vector: bytes, label: str) -> dict[str, Any]:
    return {"vector": vector, "embedder": label, "stamp": new_stamp(), "claim": None, "claim_until": None}


def _values(found: client.Document) -> Values:
    """Returns the columns of `ROW`; recall parses the dates itself, and `terms` are always there."""
    return tuple(
        (None if name == "tokens" else found.get(name)) if name in _PLAIN else documents.decode(name, found.get(name))
        for name in ROW
    )


def _neighbours(scope: Scope, sessions: Mapping[int, str], way: int) -> dict[int, int]:
    """Maps turns of a scope to their next turn (way 1) or previous turn (way -1) of the same session.

    Reads pages of turns in this direction: turns that follow each other, as usual, take one page.
    """
    found: dict[int, int] = {}
    page: list[tuple[int, str]] = []
    ended = False
    for pk in sorted(sessions, key=lambda number: number * way):
        beyond = [one for one in page if one[0] * way > pk * way]
        if len(beyond) < _LOOK and not ended:
            where = of_scope(scope, kind="turn", id={"$gt" if way > 0 else "$lt": pk})
            size = len(sessions) + _LOOK
            page = beyond = [(one["id"], one["session"]) for one in client.find(where, _PAGE, (("id", way),), size)]
            ended = len(page) < size
        same = (number for number, session in beyond[:_LOOK] if session == sessions[pk])
        if (first := next(same, None)) is not None:
            found[pk] = first
    return found


_PAGE = ("id", "session")
