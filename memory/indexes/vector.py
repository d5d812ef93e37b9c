"""Defines the vector index of large scopes; `semantic_search.index_type` chooses the back end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

from django.conf import settings

from memory.ranking.corpus_stats import Floats
from memory.types import Scope, Vector

BACKENDS = {
    "faiss": "memory.indexes.faiss_files.FaissFiles",
    "pgvector": "memory.indexes.pgvector.PgVector",
}
Found = list[tuple[int, float]]
"""(entry id, cosine), best first. May contain deleted rows; reading the ids within the scope drops them."""


@dataclass(frozen=True, slots=True)
class Space:
    """A vector space: the labels of its passage and query vectors, and their dimension."""

    labels: tuple[str, ...]
    dimension: int

    @classmethod
    def of(cls, label: str, dimension: int) -> Space:
        """Makes the space of an embedder. label: its passage label; "" when there are no vectors to compare."""
        return cls((label, f"{label}:query"), dimension) if label else cls((), 0)


@dataclass(frozen=True, slots=True)
class Health:
    """The health of the vector index of one scope.

    Attributes:
        vectors: number of vectors in the index.
        waiting: number of changes since the build; they are searched separately.
        erased: number of rows deleted since the build. No search finds them, but only a rebuild removes their vectors.
        stale: the index is unusable (missing, broken, of another embedder) and must be rebuilt.
        bytes: size on disk.
        built_at: time of the build; None when never built.
    """

    vectors: int = 0
    waiting: int = 0
    erased: int = 0
    stale: bool = True
    bytes: int = 0
    built_at: datetime | None = None


Part = tuple[Sequence[int], Floats]
"""Entry ids and their vectors, shape (len(ids), dimension)."""


class Opened(Protocol):
    """A snapshot of an index with all changes up to its opening."""

    def search(self, vector: Vector, k: int) -> Found:
        """Returns the `k` nearest rows."""


class LargeVectorIndex(Protocol):
    """Approximate search in one scope; vectors newer than the index are compared exactly."""

    def open(self, scope: Scope, scope_id: int, space: Space) -> Opened | None:
        """Opens the index, without needing the question's vector; None when there is no usable one: then build.

        An index is unusable if it is missing, broken or of another embedder.
        """

    def build(self, scope: Scope, scope_id: int, parts: Iterable[Part], space: Space, rows: int, upto: int) -> int:
        """Replaces the index by a new one over these vectors, all or nothing; returns their number.

        Args:
            scope: whose vectors.
            scope_id: id of the LargeScope.
            parts: the vectors.
            space: their vector space.
            rows: approximate number of vectors.
            upto: id of the last VectorChange that they certainly include.
        """

    def drop(self, scope: Scope) -> None:
        """Deletes the index of a scope, if there is one."""

    def sweep(self, scopes: set[Scope]) -> None:
        """Deletes the indexes of all other scopes, which a kill between a commit and `drop` leaves behind."""

    def health(self, scope: Scope, scope_id: int, space: Space) -> Health:
        """Returns the health of the index."""


@lru_cache(maxsize=2)
def _made(name: str) -> Any:
    module, _, attribute = BACKENDS[name].rpartition(".")
    return getattr(import_module(module), attribute)()


def clear_cache() -> None:
    """Reopens every index, as a new process does."""
    _made.cache_clear()


def backend() -> LargeVectorIndex:
    """Returns the configured index; imports its module at the first call."""
    made: LargeVectorIndex = _made(settings.CLAWDBOT.semantic_search.index_type)
    return made
