"""Which rows of a large scope hold the words of a question: one protocol, one back end per kind of database."""

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

# The rows that a search may go through: beyond that the commonest terms of a question are left out. Which rows hold
# them as well still counts, in the order of what was found.
ROWS = 2000
_LONGEST = 64  # bytes; a longer term is nobody's word and is not indexed

BACKENDS = {
    "sqlite": "memory.indexes.fts5.FTS5",
    "postgresql": "memory.indexes.gin.GIN",
    "mysql": "memory.indexes.fulltext.backend",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for, with the scope's prefix on every term.

    Attributes:
        any_of: a row must hold one of these; the rarest first.
        also: and, when not empty, one of these as well: there is no rare term, so that only pairs tell much.
        weights: of all terms of the question (also those that are too common to be looked for), by term.
    """

    any_of: tuple[str, ...]
    also: tuple[str, ...]
    weights: dict[str, float]


class LexicalIndex(Protocol):
    """Candidates by words. Kept in step by the database itself, inside the transactions that change rows."""

    def search(self, scope_id: int, wanted: Wanted, k: int) -> list[int]:
        """Ids of up to `k` rows that hold the rarest and most of the terms, best first. `scope_id`: LargeScope's."""

    def fill(self, scope_id: int, ids: Sequence[int]) -> None:
        """Takes in rows of the scope that were there before its index; those that are in it already stay."""

    def rows(self) -> int:
        """How many rows are in the index."""

    def clear(self, scope_id: int) -> None:
        """Takes a scope's rows out."""

    def tidy(self) -> None:
        """Merges what many small writes left behind."""


class LexicalTable:
    """What back ends share that keep the words of a row in a table `memory_lexical` with its scope."""

    def rows(self) -> int:
        with database.connection().cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM memory_lexical")
            return int(cursor.fetchone()[0])

    def clear(self, scope_id: int) -> None:
        with database.connection().cursor() as cursor:
            cursor.execute("DELETE FROM memory_lexical WHERE scope_id = %s", (scope_id,))


def plan(scope_id: int, words: dict[str, float], corpus: Corpus) -> Wanted | None:
    """Chooses the terms to look for.

    Args:
        scope_id: LargeScope's.
        words: the question's terms and how much each counts.
        corpus: of the scope, for how common each is.
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
    """Merges the index of the memory database, so that no part of it holds words that were deleted."""
    if (words := backend()) is not None:
        words.tidy()


def backend() -> LexicalIndex | None:
    """The one for the memory database; None where there is none, and scopes of every size are scanned."""
    path = BACKENDS.get(database.vendor())
    if path is None:
        return None
    module, _, name = path.rpartition(".")
    made: Any = getattr(import_module(module), name)()
    return made  # type: ignore[no-any-return]
