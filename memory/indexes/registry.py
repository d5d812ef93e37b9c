"""Which scopes are large, and what is known of them; kept per process and checked at each use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from memory import database
from memory.corpus import Corpus
from memory.indexes.models import LargeScope
from memory.types import Scope

# From here on a scan of every row takes longer than the indexes do; below, its ranking is the better one.
LARGE_FROM = 20_000
_KEPT = 256


@dataclass(frozen=True, slots=True)
class Large:
    """A scope that is searched through indexes.

    Attributes:
        id: LargeScope's.
        corpus: statistics of its rows, as of the last build.
        built_at: when that was.
    """

    id: int
    corpus: Corpus
    built_at: datetime


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
        rows = LargeScope.objects.for_person(scope.bot_id, scope.person_id).filter(built_at__isnull=False)
        now = rows.values_list("id", "built_at").first()
        if now is None or now[1] is None:
            self.drop(scope)
            return None
        held = self._held.get(scope)
        if held is None or (held.id, held.built_at) != now:
            blob = rows.values_list("statistics", flat=True).first()
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


def forget(scope: Scope) -> bool:
    """Takes the scope out of the registry, in the caller's transaction; its rows must go with it. False: was not in."""
    gone, _by_model = (
        LargeScope.objects.using(database.alias()).filter(bot=scope.bot_id, person=scope.person_id).delete()
    )
    return gone > 0
