"""Links between derived rows and the turns they were derived from, as the list `sources` of a derived row."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from memory.storage.mongo import client
from memory.storage.mongo.rows import of_scope
from memory.types import Scope

_PART = 500
_DERIVED = {"$in": ["fact", "summary"]}


class Links:
    def add_sources(self, derived_id: int, sources: Iterable[int]) -> None:
        if added := list(sources):
            client.update({"_id": derived_id}, {"$addToSet": {"sources": {"$each": added}}})

    def sources(self, derived: Collection[int]) -> dict[int, list[int]]:
        found = client.find({"_id": {"$in": list(derived)}}, ("id", "sources"))
        return {one["id"]: sorted(one["sources"]) for one in found if one["sources"]}

    def derived_from(self, scope: Scope, ids: Collection[int], *, copies: bool = False) -> set[int]:
        asked = list(ids)
        if copies:
            asked += [one["id"] for one in client.find({"duplicate_of_id": {"$in": list(ids)}}, ("id",))]
        return {one["id"] for one in client.find(of_scope(scope, sources={"$in": asked}), ("id",))}

    def sessions_of_sources(self, derived: Collection[int]) -> set[str]:
        sources = {pk for held in self.sources(derived).values() for pk in held}
        return {one["session"] for one in client.find({"_id": {"$in": sorted(sources)}}, ("session",))}

    def unfounded(self, scope: Scope) -> set[int]:
        rows = client.find(of_scope(scope, kind=_DERIVED, pinned=False), ("id", "sources"))
        held = {one["id"]: set(one["sources"]) for one in rows}
        asked = sorted({pk for sources in held.values() for pk in sources})
        here: set[int] = set()
        for start in range(0, len(asked), _PART):
            found = client.find(of_scope(scope, _id={"$in": asked[start : start + _PART]}), ("id",))
            here.update(one["id"] for one in found)
        return {pk for pk, sources in held.items() if not sources or sources - here}

    def count_links(self, scope: Scope, ids: Collection[int] | None, last_id: int) -> int:
        erased = None if ids is None else set(ids)
        rows = client.find(of_scope(scope, kind=_DERIVED), ("sources",))
        links = (source for one in rows for source in one["sources"])
        return sum(source <= last_id if erased is None else source in erased for source in links)
