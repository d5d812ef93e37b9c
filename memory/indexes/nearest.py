"""Searches the nearest vectors of one person. Derived from the rows, which are the source of truth."""

from __future__ import annotations

import numpy as np

from memory.embedders import current
from memory.indexes import large
from memory.indexes.vector import Found
from memory.ranking.scan_cache import ScopeCache
from memory.ranking.scan_index import similarities
from memory.types import Scope, Vector


class VectorIndex:
    """Searches a person's cached vectors exactly; in a large scope uses the index set by `index_type`."""

    def __init__(self, scopes: ScopeCache) -> None:
        self._scopes = scopes

    def search(self, scope: Scope, vector: Vector, k: int) -> Found:
        """Returns (entry id, cosine) of the nearest rows, best first."""
        found = large.nearest(scope, vector, k)
        if found is not None:
            return found
        with self._scopes.use(scope, *current.space()) as index:
            held = np.flatnonzero(index.vector_mask)
            cosines = similarities(index.vectors[held], vector)
            order = np.argsort(-cosines, kind="stable")[:k]
            return [(index.rows[held[i]].id, float(cosines[i])) for i in order]

    def drop(self, scope: Scope) -> None:
        """Drops the cached vectors of a scope."""
        self._scopes.drop(scope)
