"""Finds the rows of a large scope that contain words of a question: one protocol, one back end per database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from memory import database
from memory.indexes.schema import prefix
from memory.ranking.corpus_stats import Corpus
from memory.text import term_keys

# Maximum number of rows that a search reads. Beyond it the most common terms of a question are not searched, but they
# still count in the order of the rows found.
ROWS = 2000
_LONGEST = 64  # bytes; longer terms are not words and are not indexed

BACKENDS = {
    "sqlite": "memory.indexes.fts5.FTS5",
    "postgresql": "memory.indexes.gin.GIN",
    "mysql": "memory.indexes.fulltext.backend",
    "mongodb": "memory.storage.mongo.words.Words",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search plan; every term has the scope's prefix.

    Attributes:
        any_of: a row must contain one of these; rarest first.
        also: if not empty, a row must contain one of these as well. Used when no term is rare, so that only pairs of
            terms are selective.
        weights: weights of all terms of the question, also of those that are too common to search.
    """

    any_of: tuple[str, ...]
    also: tuple[str, ...]
    weights: dict[str, float]


class LexicalIndex(Protocol):
    """A lexical index. Database triggers update it in the transactions that change rows."""

    def search(self, scope_id: int, wanted: Wanted, k: int) -> list[int]:
        """Returns ids of up to `k` rows with the rarest and the most terms, best first. `scope_id`: of LargeScope."""

    def fill(self, scope_id: int, ids: Sequence[int]) -> None:
        """Adds rows of the scope that are older than the index; keeps those that it has already."""

    def rows(self) -> int:
        """Returns the number of rows in the index."""

    def clear(self, scope_id: int) -> None:
        """Removes a scope's rows."""

    def tidy(self) -> None:
        """Merges index segments, so that deleted words disappear."""


class LexicalTable:
    """Base of the back ends with a table `memory_lexical` that has one row per entry, with its scope."""

    def rows(self) -> int:
        with database.connection().cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM memory_lexical")
            return int(cursor.fetchone()[0])

    def clear(self, scope_id: int) -> None:
        with database.connection().cursor() as cursor:
            cursor.execute("DELETE FROM memory_lexical WHERE scope_id = %s", (scope_id,))


def plan(scope_id: int, words: dict[str, float], corpus: Corpus) -> Wanted | None:
    """Chooses the terms to search.

    Args:
        scope_id: id of the LargeScope.
        words: the question's terms with their weights.
        corpus: statistics of the scope, for the document frequencies.
    """
    known = [word for word in words if len(word.encode("utf-8", "replace")) <= _LONGEST]
    if not known:
        return None
    keys = np.array([term_keys.key(word) for word in known], np.uint32)
    counts = corpus.frequencies(keys)
    order = np.argsort(counts, kind="stable").tolist()
    start = prefix(scope_id)
    weights = {start + known[i]: words[known[i]] * float(np.log1p(corpus.rows / (counts[i] + 0.5))) for i in order}
    named = [start + known[i] for i in order]
    within = max(1, int(np.searchsorted(np.cumsum(counts[order]), ROWS, "right")))
    also = tuple(named[1:]) if counts[order[0]] > ROWS else ()
    return Wanted(tuple(named[:within]), also, weights)


def tidy() -> None:
    """Merges the index of the memory database, so that no segment keeps deleted words."""
    if (words := backend()) is not None:
        words.tidy()


def backend() -> LexicalIndex | None:
    """Returns the index of the memory database; None where there is none, so that every scope is scanned."""
    path = BACKENDS.get(database.vendor())
    if path is None:
        return None
    module, _, name = path.rpartition(".")
    made: Any = getattr(import_module(module), name)()
    return made  # type: ignore[no-any-return]
