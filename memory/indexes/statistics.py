"""Computes the statistics of a large scope for `memory.ranking.corpus_stats`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from memory.ranking.corpus_stats import Corpus, Floats
from memory.storage.port import store
from memory.text.term_keys import BYTES, Keys, pack, unpack
from memory.types import Scope

CHUNK = 2000
# Terms in less than one of this many rows are not kept: a query can count their rows itself.
RARE = 5000
Chunk = tuple[list[int], list[bytes], list[bytes | None]]


def chunks(scope: Scope, labels: Sequence[str], *, upto: int) -> Iterator[Chunk]:
    """Yields the turns of a scope in chunks: ids, packed terms, packed vectors (None: not of these labels)."""
    last = 0
    while True:
        found = store().chunk(scope, last, upto, CHUNK)
        if not found:
            return
        ids = [row[0] for row in found]
        terms = [bytes(row[1]) if row[1] is not None else pack(row[2].split()) for row in found]
        yield ids, terms, [bytes(row[3]) if row[3] is not None and row[4] in labels else None for row in found]
        last = ids[-1]


class Counting:
    """Accumulates chunks. Its memory grows with the vocabulary, not with the number of rows."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._rows = self._searched = self._length = self._vectors = 0
        self._terms: Keys = np.empty(0, np.uint32)
        self._counts: NDArray[np.int64] = np.empty(0, np.int64)
        self._sum = np.zeros(dimension)
        self._second = np.zeros((dimension, dimension), np.float32)

    def add(self, terms: Sequence[bytes], vectors: Floats) -> None:
        """Adds a chunk. terms: packed, one item per row; vectors: shape (any, dimension)."""
        self._rows += len(terms)
        lengths = np.array([len(blob) // BYTES for blob in terms])
        self._searched += int((lengths > 0).sum())
        self._length += int(lengths.sum())
        numbers = np.repeat(np.arange(len(terms), dtype=np.uint64), lengths)
        once = np.unique((unpack(terms).astype(np.uint64) << np.uint64(32)) | numbers)
        keys, counts = np.unique((once >> np.uint64(32)).astype(np.uint32), return_counts=True)
        merged, where = np.unique(np.concatenate([self._terms, keys]), return_inverse=True)
        self._counts = np.bincount(where, np.concatenate([self._counts, counts])).astype(np.int64)
        self._terms = merged
        if len(vectors):
            self._vectors += len(vectors)
            self._sum += vectors.sum(axis=0)
            self._second += vectors.T @ vectors

    def corpus(self) -> Corpus:
        frequent = self._counts * RARE >= self._rows
        mean = self._sum / max(self._vectors, 1)
        held = self._vectors > 0
        return Corpus(
            rows=self._searched,
            mean_length=self._length / max(self._searched, 1),
            terms=self._terms[frequent],
            counts=self._counts[frequent],
            mean=mean.astype(np.float32) if held else np.empty(0, np.float32),
            second=(self._second / max(self._vectors, 1)).astype(np.float32) if held else np.empty((0, 0), np.float32),
        )


def unpack_vectors(blobs: Sequence[bytes | None], dimension: int) -> tuple[Floats, NDArray[np.intp]]:
    """Returns the vectors of the right dimension and their positions in `blobs`."""
    at = np.array([i for i, blob in enumerate(blobs) if blob is not None and len(blob) == 2 * dimension], np.intp)
    joined = b"".join(blob for blob in blobs if blob is not None and len(blob) == 2 * dimension)
    return np.frombuffer(joined, "<f2").reshape(len(at), dimension).astype(np.float32), at
