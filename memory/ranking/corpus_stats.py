"""Statistics of a whole scope, which normalise the scores when only part of the scope is scored."""

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
    """Statistics of one scope. All are aggregates, so they reveal neither a text nor a single vector.

    Attributes:
        rows: number of searched rows.
        mean_length: mean number of terms per searched row.
        terms: sorted keys of the terms that are not rare.
        counts: document frequency of each of them.
        mean: mean vector, shape (dimension,); empty when there are no vectors.
        second: mean outer product of the vectors, shape (dimension, dimension): gives the variance of the cosines of
            any question without reading a row.
    """

    rows: int
    mean_length: float
    terms: Keys
    counts: Counts
    mean: Floats
    second: Floats

    def frequencies(self, terms: Keys) -> Counts:
        """Returns the document frequency of each term; 0 for rare terms, whose rows are few enough to be counted."""
        if not len(self.terms):
            return np.zeros(len(terms), np.int64)
        at = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
        return np.where(self.terms[at] == terms, self.counts[at], 0)

    def cosine_moments(self, vector: Vector) -> tuple[float, float] | None:
        """Returns mean and standard deviation of the cosines of all rows with `vector`; None when unknown."""
        if len(self.mean) != len(vector):
            return None
        mean = float(self.mean @ vector)
        variance = float(vector @ self.second @ vector) - mean * mean
        return mean, float(np.sqrt(max(variance, 1e-8)))

    def pack(self) -> bytes:
        """Serialises the statistics for a database column; the second moments in half precision."""
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
    """Estimates mean and standard deviation of BM25 over a scope from the document frequencies.

    Assumes that terms occur once, in a row of mean length, where BM25 gives each its full weight. Assumes independent
    terms, except for pairs of Han: a row with the pair contains both characters. Without this exception the deviation
    for Chinese is half of its true value, and words weigh twice as much as they should. The result only sets the scale
    on which lexical and vector scores are added.

    pairs: positions (in `weights`) of a pair and of its two characters.
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
