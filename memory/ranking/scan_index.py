"""Holds one person's memory as arrays for an exact lexical and vector scan.

Scoring all rows of a scope of a few hundred takes well under a millisecond, so small scopes need neither an
approximate index nor a database query per term.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from memory.ranking.corpus_stats import Corpus
from memory.storage.row import Row
from memory.text import term_keys
from memory.text.term_keys import Keys
from memory.types import Vector

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
_BLOCK = 1024
_COLUMNS = 10
_TAIL_TERMS = 4096  # unsorted terms a query scans before they are merged into the sorted part


def similarities(matrix: Floats, vector: Vector) -> Floats:
    """Returns the dot product of every row with `vector`, computed in blocks so small that BLAS uses one thread.

    With other busy workers, BLAS threads wait for each other: 4096 rows take 24 ms at once and 0.2 ms in blocks.
    """
    found = np.empty(len(matrix), np.float32)
    for start in range(0, len(matrix), _BLOCK):
        np.matmul(matrix[start : start + _BLOCK], vector, out=found[start : start + _BLOCK])
    return found


class Postings:
    """Posting lists: two parallel arrays of terms and rows, sorted by term, plus an unsorted tail.

    A row occurs once per occurrence of the term. Sorting pays off only when the index is queried again, so the first
    query scans a large tail unsorted.
    """

    def __init__(self) -> None:
        self._terms: Keys = np.empty(0, np.uint32)
        self._rows: Ints = np.empty(0, np.int64)
        self._tail: list[tuple[Keys, Ints]] = []
        self._asked = False

    @property
    def nbytes(self) -> int:
        return sum(int(part.nbytes) for pair in ((self._terms, self._rows), *self._tail) for part in pair)

    def add(self, keys: Keys, rows: Ints) -> None:
        """Adds postings from parallel arrays: `keys[i]` occurs in row `rows[i]`."""
        if len(keys):
            self._tail.append((keys, rows))
            self._asked = False

    def merge(self) -> None:
        """Merges the tail into the sorted arrays."""
        if not self._tail:
            return
        parts = [(self._terms, self._rows), *self._tail]
        terms, rows = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
        order = np.argsort(terms, kind="stable")
        self._terms, self._rows, self._tail = terms[order], rows[order], []

    def frequencies(self, terms: Keys, rows: int) -> Floats:
        """Returns how often each (sorted, distinct) term occurs in each row. Shape (len(terms), rows)."""
        long = sum(len(keys) for keys, _ in self._tail) > _TAIL_TERMS
        if long and (self._asked or len(self._terms)):
            self.merge()
        self._asked = True
        found = np.zeros((len(terms), rows), np.float32)
        low = np.searchsorted(self._terms, terms, "left")
        high = np.searchsorted(self._terms, terms, "right")
        for i, (start, end) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
            if start < end:
                np.add.at(found[i], self._rows[start:end], 1)
        for keys, numbers in self._tail:
            at = np.minimum(np.searchsorted(terms, keys), len(terms) - 1)
            same = terms[at] == keys
            np.add.at(found, (at[same], numbers[same]), 1)
        return found


class ScopeIndex:
    """The rows of one scope in order of time, with their postings, vectors and neighbours.

    Not thread-safe: the owner must hold a lock during `add` and scoring.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        # Set when the rows are only a part of their scope: scores are then normalised by the whole scope.
        self.corpus: Corpus | None = None
        self.rows: list[Row] = []
        self.postings = Postings()
        self.position: dict[int, int] = {}
        self.speakers: dict[str, int] = {}
        self.sessions: dict[str, int] = {}
        self._last_of_session: dict[int, list[int]] = {}
        self._ints = np.empty((_COLUMNS, 64), np.int64)
        self._vectors: Floats = np.empty((0, dimension), np.float32)
        self.has_vector = np.zeros(64, bool)
        self.max_id = 0
        self.stamp_sum = 0
        self.latest: datetime | None = None

    # The integer columns: role (0: the person's), speaker, session, ordinal day, month, day of month, previous row of
    # the session, the one before that, length in terms, whether it is a question.
    ROLE, SPEAKER, SESSION, ORDINAL, MONTH, MONTH_DAY, BEFORE, BEFORE_2, LENGTH, QUESTION = range(_COLUMNS)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: int) -> Ints:
        return self._ints[name, : len(self.rows)]

    @property
    def vectors(self) -> Floats:
        """The vectors, shape (rows, dimension); zero for rows without one."""
        return self._vectors[: len(self.rows)]

    @property
    def vector_mask(self) -> NDArray[np.bool_]:
        return self.has_vector[: len(self.rows)]

    @property
    def nbytes(self) -> int:
        texts = sum(len(row.text) for row in self.rows[:50]) * max(1, len(self.rows) // 50)
        return int(self._vectors.nbytes + self._ints.nbytes + self.postings.nbytes) + 2 * texts + 600 * len(self.rows)

    def _grow(self, needed: int) -> None:
        held = capacity = self._ints.shape[1]
        if needed > capacity:
            capacity = max(needed, capacity * 2)
            ints = np.empty((_COLUMNS, capacity), np.int64)
            ints[:, :held] = self._ints
            mask = np.zeros(capacity, bool)
            mask[: len(self.has_vector)] = self.has_vector
            self._ints, self.has_vector = ints, mask
        if self._vectors.shape[0] and self._vectors.shape[0] < capacity:
            self._allocate_vectors(capacity)

    def _allocate_vectors(self, capacity: int) -> None:
        vectors = np.zeros((capacity, self.dimension), np.float32)
        vectors[: self._vectors.shape[0]] = self._vectors
        self._vectors = vectors

    def add(self, rows: Iterable[Row]) -> bool:
        """Appends rows, ordered by time, and moves their terms and vectors into the arrays.

        Returns False when a row is older than one already in its session. Then the index is unusable.
        """
        first, batch = len(self.rows), list(rows)
        links: list[tuple[int, int]] = []
        for number, row in enumerate(batch, first):
            session = self.sessions.setdefault(row.session, len(self.sessions))
            last = self._last_of_session.setdefault(session, [])
            held = batch[last[-1] - first] if last and last[-1] >= first else self.rows[last[-1]] if last else None
            if held is not None and held.occurred_at > row.occurred_at:
                return False
            links.append((last[-1] if last else -1, last[-2] if len(last) > 1 else -1))
            last.append(number)
            del last[:-2]
        self._append(batch)
        if batch:
            self._ints[[self.BEFORE, self.BEFORE_2], first : first + len(batch)] = np.array(links, np.int64).T
        return True

    def add_unordered(self, rows: Iterable[Row]) -> None:
        """Appends rows in any order. Call `link` after the last ones."""
        self._append(list(rows))

    def link(self) -> None:
        """Computes the previous two rows of every row in its session."""
        if not len(self):
            return
        moments = np.array([row.occurred_at.timestamp() for row in self.rows])
        ids = np.array([row.id for row in self.rows])
        sessions = self.column(self.SESSION)
        order = np.lexsort((ids, moments, sessions))
        for column, distance in ((self.BEFORE, 1), (self.BEFORE_2, 2)):
            self.column(column)[:] = -1
            here, there = order[distance:], order[:-distance]
            same = sessions[here] == sessions[there]
            self.column(column)[here[same]] = there[same]

    def _append(self, batch: list[Row]) -> None:
        first = len(self.rows)
        columns: list[tuple[int, ...]] = []
        for number, row in enumerate(batch, first):
            if row.copy_of in self.position:
                self.rows[self.position[row.copy_of]].seen += 1
            self.rows.append(row)
            self.position[row.id] = number
            self.max_id = max(self.max_id, row.id)
            self.stamp_sum += row.stamp
            self.latest = max(self.latest, row.occurred_at) if self.latest else row.occurred_at
            columns.append((
                row.role != "user", self.speakers.setdefault(row.speaker, len(self.speakers)),
                self.sessions.setdefault(row.session, len(self.sessions)),
                row.day.toordinal(), row.day.month, row.day.day, -1, -1,
                len(row.terms) // term_keys.BYTES, "?" in row.text or "\uff1f" in row.text,
            ))  # fmt: skip
        if batch:
            self._fill(first, batch, columns)
        for row in batch:
            row.terms, row.vector = b"", None

    def _fill(self, first: int, batch: list[Row], columns: list[tuple[int, ...]]) -> None:
        """Fills the arrays for new rows in bulk, which is many times faster than row by row."""
        numbers = np.arange(first, first + len(batch))
        self._grow(first + len(batch))
        self._ints[:, numbers] = np.array(columns, np.int64).T
        keys = term_keys.unpack(row.terms for row in batch)
        self.postings.add(keys, np.repeat(numbers, self._ints[self.LENGTH, numbers]))
        size = 2 * self.dimension
        held = [i for i, row in enumerate(batch) if row.vector is not None and len(row.vector) == size]
        if held:
            joined = b"".join(row.vector for row in batch if row.vector is not None and len(row.vector) == size)
            self._put_vectors(numbers[held], joined)

    def _put_vectors(self, numbers: Ints, joined: bytes) -> None:
        if not self._vectors.shape[0]:
            self._allocate_vectors(self._ints.shape[1])
        self._vectors[numbers] = np.frombuffer(joined, "<f2").reshape(-1, self.dimension)
        self.has_vector[numbers] = True

    def replace(self, row: Row) -> None:
        """Updates what can change without a change of the text: the vector and the stamp."""
        number = self.position[row.id]
        held = self.rows[number]
        self.stamp_sum += row.stamp - held.stamp
        held.stamp = row.stamp
        if row.vector is not None and len(row.vector) == 2 * self.dimension:
            self._put_vectors(np.array([number]), row.vector)

    def waiting(self) -> list[int]:
        """Returns ids of rows that are searched lexically but have no vector yet."""
        lacking = ~self.vector_mask & (self.column(self.LENGTH) > 0)
        return [self.rows[i].id for i in np.flatnonzero(lacking).tolist()]

    def names(self) -> Mapping[str, int]:
        return self.speakers
