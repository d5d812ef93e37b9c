"""The vector index: nearest vectors within one person, derived from the rows and never the truth."""

from __future__ import annotations

import numpy as np

from memory.embedders import current
from memory.indexes import large
from memory.indexes.vector import Found
from memory.ranking.scan_cache import ScopeCache
from memory.ranking.scan_index import similarities
from memory.types import Scope, Vector


class VectorIndex:
    """Exact search over a person's cached vectors; in a large scope the index that `index_type` names."""

    def __init__(self, scopes: ScopeCache) -> None:
        self._scopes = scopes

    def search(self, scope: Scope, vector: Vector, k: int) -> Found:
        """(entry id, cosine) of the nearest, best first."""
        found = large.nearest(scope, vector, k)
        if found is not None:
            return found
        with self._scopes.use(scope, *current.space()) as index:
            held = np.flatnonzero(index.vector_mask)
            cosines = similarities(index.vectors[held], vector)
            order = np.argsort(-cosines, kind="stable")[:k]
            return [(index.rows[held[i]].id, float(cosines[i])) for i in order]

    def drop(self, scope: Scope) -> None:
        """Drops what is cached of a scope."""
        self._scopes.drop(scope)
