"""What is known of a whole scope when only a part of it is scored: the scale that scores are measured on."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.text.term_keys import Keys
from memory.types import Vector

Floats = NDArray[np.float32]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Statistics of one scope, all of them sums over its rows: no text and no single vector can be read from them.

    Attributes:
        rows: how many were counted.
        mean_length: terms per searched row.
        terms: sorted keys of the terms that are not rare.
        counts: in how many rows each of them occurs.
        mean: mean vector, shape (dimension,); empty when there are no vectors.
        second: mean outer product of the vectors, shape (dimension, dimension): with it the spread of the cosines of
            any question is known without looking at a row.
    """

    rows: int
    mean_length: float
    terms: Keys
    counts: Counts
    mean: Floats
    second: Floats

    def frequencies(self, terms: Keys) -> Counts:
        """In how many rows each term occurs; 0 for a rare one, whose rows are few enough to be counted themselves."""
        if not len(self.terms):
            return np.zeros(len(terms), np.int64)
        at = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
        return np.where(self.terms[at] == terms, self.counts[at], 0)

    def cosine_moments(self, vector: Vector) -> tuple[float, float] | None:
        """Mean and standard deviation of the cosines of all rows with `vector`; None when they are not known."""
        if len(self.mean) != len(vector):
            return None
        mean = float(self.mean @ vector)
        variance = float(vector @ self.second @ vector) - mean * mean
        return mean, float(np.sqrt(max(variance, 1e-8)))

    def pack(self) -> bytes:
        """For a column of the database; the second moments in half precision."""
        out = io.BytesIO()
        scalars = np.array([self.rows, self.mean_length])
        second = self.second.astype(np.float16)
        np.savez(out, scalars=scalars, terms=self.terms, counts=self.counts, mean=self.mean, second=second)
        return out.getvalue()

    @classmethod
    def unpack(cls, blob: bytes) -> Corpus:
        with np.load(io.BytesIO(blob), allow_pickle=False) as held:
            rows, mean_length = held["scalars"].tolist()
            second = held["second"].astype(np.float32)
            return cls(int(rows), mean_length, held["terms"], held["counts"], held["mean"], second)


def lexical_moments(
    weights: Floats, frequencies: Floats, rows: int, pairs: Sequence[tuple[int, int, int]] = ()
) -> tuple[float, float]:
    """Mean and standard deviation of BM25 over a scope, from the document frequencies alone.

    Terms are taken as occurring once in a row of mean length, where BM25 gives each its full weight, and as independent
    but for pairs of Han: where the pair is, both characters are. Without that the spread in Chinese came out at half of
    what it is, and words weighed twice what they should. This only fixes the scale on which words and vectors are
    added up.

    pairs: places (in `weights`) of a pair and of its two characters.
    """
    share = frequencies / max(rows, 1)
    together = np.outer(share, share)
    np.fill_diagonal(together, share)
    for pair, *characters in pairs:
        both, (one, other) = share[pair], share[characters]
        for place in characters:
            together[pair, place] = together[place, pair] = both
        if characters[0] != characters[1]:
            chance = (one - both) * (other - both) / max(1 - both, 1e-6)
            together[tuple(characters)] = together[tuple(characters[::-1])] = both + chance
    variance = float(weights @ (together - np.outer(share, share)) @ weights)
    return float(weights @ share), float(np.sqrt(max(variance, 0.0)))
