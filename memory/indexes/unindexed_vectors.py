"""Reads the vectors that are newer than a scope's index; they are few enough to be compared one by one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from memory.indexes.statistics import unpack_vectors
from memory.indexes.vector import Found, Space
from memory.ranking.corpus_stats import Floats
from memory.ranking.scan_index import Ints, similarities
from memory.storage.port import store
from memory.types import Scope, Vector

# Maximum number of changes to read. With more, a rebuild is due, and older changes are ignored until then.
LONGEST = 50_000
_KEPT = 32
# Ids are assigned before the commit, so a lower id may become visible after a higher one.
_OVERLAP = 1000
_CHUNK = 500


@dataclass(slots=True)
class _Held:
    since: int
    space: Space
    last: int = 0
    changes: set[int] = field(default_factory=set)
    position: dict[int, int] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    vectors: Floats = field(default_factory=lambda: np.empty((0, 0), np.float32))
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class UnindexedVectors:
    """The vector changes of a scope since the build of its index.

    Attributes:
        ids: entry ids of the new vectors.
        at: position of each in `vectors`.
        vectors: shape (any, dimension).
        changed: ids for which the index is outdated.
    """

    ids: Ints
    at: Ints
    vectors: Floats
    changed: frozenset[int] | set[int]

    def merged(self, near: Found, vector: Vector, k: int) -> Found:
        """Merges the results of the index with the newer vectors, best first; the newer vector of a row wins."""
        both = [pair for pair in near if pair[0] not in self.changed]
        if len(self.ids):
            cosines = similarities(self.vectors, vector)[self.at]
            order = np.argsort(-cosines, kind="stable")[:k]
            both += zip(self.ids[order].tolist(), cosines[order].tolist(), strict=True)
        return sorted(both, key=lambda pair: -pair[1])[:k]


class UnindexedVectorCache:
    """LRU cache of the unindexed vectors of the scopes that this process has searched. Thread-safe."""

    def __init__(self) -> None:
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, scope: Scope, scope_id: int, since: int, space: Space) -> UnindexedVectors:
        """Returns the current changes after `since`. Queries: 1, more after changes."""
        with self._lock:
            held = self._held.get(scope_id)
            if held is None or held.since != since or held.space != space:
                held = self._held[scope_id] = _Held(since, space)
            self._held.move_to_end(scope_id)
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        with held.lock:
            self._catch_up(scope, scope_id, held)
            ids = np.fromiter(held.position, np.int64, len(held.position))
            at = np.fromiter(held.position.values(), np.int64, len(held.position))
            return UnindexedVectors(ids, at, held.vectors, held.gone.union(held.position))

    def _catch_up(self, scope: Scope, scope_id: int, held: _Held) -> None:
        begin = max(held.since - _OVERLAP, held.last - _OVERLAP)
        changes = store().changes(scope, scope_id, begin, LONGEST)
        new = [(change, entry) for change, entry in changes if change not in held.changes]
        if not new:
            return
        held.last = max(held.last, max(change for change, _ in new))
        held.changes.update(change for change, _ in new)
        for _, entry in new:
            if entry < 0:
                held.position.pop(-entry, None)
                held.gone.add(-entry)
        wanted = list(dict.fromkeys(entry for _, entry in new if entry > 0))
        for start in range(0, len(wanted), _CHUNK):
            self._read(scope, held, wanted[start : start + _CHUNK])

    @staticmethod
    def _read(scope: Scope, held: _Held, ids: list[int]) -> None:
        found = [row for row in store().vectors(scope, ids) if row[2] in held.space.labels]
        vectors, at = unpack_vectors([bytes(row[1]) for row in found], held.space.dimension)
        first = len(held.vectors)
        held.vectors = np.concatenate([held.vectors.reshape(first, held.space.dimension), vectors])
        held.gone.difference_update(found[i][0] for i in at.tolist())
        held.position.update({found[i][0]: first + n for n, i in enumerate(at.tolist())})
