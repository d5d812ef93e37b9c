"""Caches the large scopes and their statistics per process; checks them against the database at each use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from memory import database
from memory.models.indexes import LargeScope
from memory.ranking.corpus_stats import Corpus
from memory.types import Scope

# Above this number of rows the indexes are faster than a scan; below it, a scan ranks better.
LARGE_FROM = 20_000
_KEPT = 256
_PRESENT = (
    f"SELECT id, built_at FROM {LargeScope._meta.db_table} "  # noqa: S608
    "WHERE person_id = %s AND bot_id = %s AND built_at IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Large:
    """A scope that is searched through indexes.

    Attributes:
        id: id of the LargeScope.
        corpus: statistics of its rows at the last build.
        build: time of the last build, as the database driver returns it; it identifies the build.
    """

    id: int
    corpus: Corpus
    build: object


class Registry:
    """LRU cache of the large scopes that this process has searched. Thread-safe."""

    def __init__(self) -> None:
        self._held: OrderedDict[Scope, Large] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, scope: Scope) -> bool:
        """Tells whether the scope is cached as large. No query."""
        return scope in self._held

    def get(self, scope: Scope) -> Large | None:
        """Returns the scope's current entry; None when it has no finished index. Queries: 1, or 2 after a build."""
        with database.connection().cursor() as cursor:
            cursor.execute(_PRESENT, (scope.person_id, scope.bot_id))
            now = cursor.fetchone()
        if now is None:
            self.drop(scope)
            return None
        held = self._held.get(scope)
        if held is None or (held.id, held.build) != now:
            blob = LargeScope.objects.filter(pk=now[0]).values_list("statistics", flat=True).first()
            if blob is None:
                return None
            held = Large(now[0], Corpus.unpack(bytes(blob)), now[1])
        with self._lock:
            self._held[scope] = held
            self._held.move_to_end(scope)
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        return held

    def drop(self, scope: Scope) -> None:
        with self._lock:
            self._held.pop(scope, None)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()


def large_enough(rows: int) -> bool:
    return rows > LARGE_FROM


def drop(scope: Scope) -> bool:
    """Deletes the scope's LargeScope rows in the caller's transaction; the caller must delete or move its memories.

    Returns False when there were none.
    """
    gone, _by_model = (
        LargeScope.objects.using(database.alias()).filter(bot=scope.bot_id, person=scope.person_id).delete()
    )
    return gone > 0
