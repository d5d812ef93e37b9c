"""Which scopes are large, and what is known of them; kept per process and checked at each use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from memory import database
from memory.models.indexes import LargeScope
from memory.ranking.corpus_stats import Corpus
from memory.types import Scope

# From here on a scan of every row takes longer than the indexes do; below, its ranking is the better one.
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
        id: LargeScope's.
        corpus: statistics of its rows, as of the last build.
        build: the moment of it, as the database's driver gives it: another build has another.
    """

    id: int
    corpus: Corpus
    build: object


class Registry:
    """The large scopes this process has met. Thread-safe."""

    def __init__(self) -> None:
        self._held: OrderedDict[Scope, Large] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, scope: Scope) -> bool:
        """Whether the scope was large when it was last looked at; costs no query."""
        return scope in self._held

    def get(self, scope: Scope) -> Large | None:
        """The scope's entry as it is now; None when it has no index yet, or no more. Queries: 1, or 2 after a build."""
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
    """Takes the scope out of the registry, in the caller's transaction; its rows must go with it. False: was not in."""
    gone, _by_model = (
        LargeScope.objects.using(database.alias()).filter(bot=scope.bot_id, person=scope.person_id).delete()
    )
    return gone > 0
