"""The vector index: nearest vectors within one person, derived from the rows and never the truth."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from memory.embedders import current
from memory.indexes import large
from memory.ranking.scan_cache import ScopeCache
from memory.ranking.scan_index import Floats, similarities
from memory.types import Scope, Vector

# Below this many rows one matrix product is quicker than FAISS's call and needs none of its 40 MB.
FAISS_FROM = 4096


class VectorIndex(Protocol):
    """Exact or approximate nearest neighbours, always inside a scope."""

    def search(self, scope: Scope, vector: Vector, k: int) -> list[tuple[int, float]]:
        """(entry id, cosine) of the nearest, best first."""

    def drop(self, scope: Scope) -> None:
        """Forgets what is cached of a scope."""


def nearest(matrix: Floats, vector: Vector, k: int) -> tuple[list[int], list[float]]:
    """Row numbers and cosines of the `k` nearest rows, exact, best first."""
    k = min(k, len(matrix))
    if len(matrix) >= FAISS_FROM:
        import faiss

        found, rows = faiss.knn(vector[None, :], matrix, k, metric=faiss.METRIC_INNER_PRODUCT)
        return rows[0].tolist(), found[0].tolist()
    cosine = similarities(matrix, vector)
    order = np.argsort(-cosine, kind="stable")[:k]
    return order.tolist(), cosine[order].tolist()


class ScopeVectors:
    """Exact search over a person's cached vectors; in a large scope the index that `index_type` names."""

    def __init__(self, scopes: ScopeCache) -> None:
        self._scopes = scopes

    def search(self, scope: Scope, vector: Vector, k: int) -> list[tuple[int, float]]:
        found = large.nearest(scope, vector, k)
        if found is not None:
            return found
        with self._scopes.use(scope, *current.space()) as index:
            held = np.flatnonzero(index.vector_mask)
            rows, cosines = nearest(index.vectors[held], vector, k)
            return [(index.rows[held[i]].id, c) for i, c in zip(rows, cosines, strict=True)]

    def drop(self, scope: Scope) -> None:
        self._scopes.drop(scope)
