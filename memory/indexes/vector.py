"""Nearest vectors of a large scope: one protocol, chosen by `semantic_search.index_type`."""

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
"""(entry id, cosine), best first. Rows that were deleted since may still be among them: whoever reads them by their
ids inside the scope finds out."""


@dataclass(frozen=True, slots=True)
class Space:
    """Which vectors can be compared: labels of their maker, as passage and as query, and their length."""

    labels: tuple[str, ...]
    dimension: int

    @classmethod
    def of(cls, label: str, dimension: int) -> Space:
        """label: of passages; "" when there are no vectors to compare."""
        return cls((label, f"{label}:query"), dimension) if label else cls((), 0)


@dataclass(frozen=True, slots=True)
class Health:
    """One vector index of one scope.

    Attributes:
        vectors: in the index.
        waiting: changes since it was built, which are searched beside it.
        erased: rows deleted since, whose vectors nothing finds any more but which a new build alone takes out.
        stale: it cannot be used as it is (missing, broken, of another embedder) and is to be built anew.
        bytes: on disk.
        built_at: when; None when never.
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
    """An index as it was when it was opened, with all that had changed by then."""

    def search(self, vector: Vector, k: int) -> Found:
        """The nearest."""


class LargeVectorIndex(Protocol):
    """Approximate search in one scope, with everything newer than the index compared exactly."""

    def open(self, scope: Scope, scope_id: int, space: Space) -> Opened | None:
        """Looks up all that can be without the question's vector; None when there is no usable index (missing,
        broken, another embedder): then build.
        """

    def build(self, scope: Scope, scope_id: int, parts: Iterable[Part], space: Space, rows: int, upto: int) -> int:
        """Replaces the index by these vectors, all or nothing; returns how many.

        Args:
            scope: whose vectors.
            scope_id: LargeScope's.
            parts: the vectors.
            space: what they are.
            rows: about how many there are.
            upto: the last change (VectorChange) that they surely hold.
        """

    def drop(self, scope: Scope) -> None:
        """Deletes the index of a scope; nothing happens when there is none."""

    def sweep(self, scopes: set[Scope]) -> None:
        """Deletes the indexes of all but these scopes: what a kill between a commit and `drop` has left."""

    def health(self, scope: Scope, scope_id: int, space: Space) -> Health:
        """How it stands."""


@lru_cache(maxsize=2)
def _made(name: str) -> Any:
    module, _, attribute = BACKENDS[name].rpartition(".")
    return getattr(import_module(module), attribute)()


def clear_cache() -> None:
    """Opens every index afresh, as a new process does."""
    _made.cache_clear()


def backend() -> LargeVectorIndex:
    """The configured one; its modules are imported when first needed."""
    made: LargeVectorIndex = _made(settings.CLAWDBOT.semantic_search.index_type)
    return made
