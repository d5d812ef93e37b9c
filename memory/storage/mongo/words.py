"""Lexical candidates of a large memory from MongoDB's index on the numbers of terms.

The index is on the rows themselves, so nothing fills or clears it. It has no document frequencies; the query brings the
weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memory.models.indexes import LargeScope
from memory.storage.mongo import client
from memory.storage.mongo.rows import of_scope
from memory.text import term_keys
from memory.types import Scope

_ROWS = 2000  # read and weighed by a search, as in the other databases


class Words:
    def search(self, scope_id: int, wanted: Any, k: int) -> list[int]:
        found = LargeScope.objects.filter(pk=scope_id).values_list("bot_id", "person_id").first()
        if found is None:
            return []
        scope, start = Scope(*found), f"s{scope_id}x"
        weights = {term_keys.key(term.removeprefix(start)): weight for term, weight in wanted.weights.items()}
        rare = [term_keys.key(term.removeprefix(start)) for term in wanted.any_of]
        both = [term_keys.key(term.removeprefix(start)) for term in wanted.also]
        ids = _search(scope, [rare, both] if both else [rare], weights, k)
        if both and len(ids) < k:  # too few rows have two terms: add rows with the rarest term only
            ids += _search(scope, [rare], weights, k - len(ids))
        return list(dict.fromkeys(ids))

    def fill(self, scope_id: int, ids: Sequence[int]) -> None:
        """Does nothing: every row has its numbers."""

    def rows(self) -> int:
        return client.count({"kind": "turn", "tokens": {"$ne": ""}})

    def clear(self, scope_id: int) -> None:
        """Does nothing: the numbers are part of the rows."""

    def tidy(self) -> None:
        """Does nothing: the server frees the entries of deleted rows."""


def _search(scope: Scope, parts: list[list[int]], weights: dict[int, float], k: int) -> list[int]:
    where = of_scope(scope, kind="turn")
    where["$and"] = [{"keys": {"$in": part}} for part in parts]
    weighed = [
        (sum(weights.get(key, 0.0) for key in one["keys"]), one["id"])
        for one in client.find(where, ("id", "keys"), limit=_ROWS)
    ]
    return [pk for _weight, pk in sorted(weighed, reverse=True)[:k]]
