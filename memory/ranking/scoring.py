"""Scores the rows of a scope for a question: lexical and vector arms as z-scores, then priors, cues and neighbours.

Weighted scores beat rank fusion on both data sets used for tuning (docs/memory.md).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.ranking.corpus_stats import lexical_moments
from memory.ranking.scan_index import Floats, Ints, ScopeIndex, similarities
from memory.text import topics
from memory.text.dates import DateCue, cue_terms
from memory.text.query_hints import Cues
from memory.text.stopwords import STOP_TERMS
from memory.text.term_keys import Keys, key
from memory.text.tokenizer import tokenize
from memory.types import Vector


@dataclass(frozen=True, slots=True)
class Weights:
    """Weight of each arm and cue."""

    lexical: float = 0.5
    window_lexical: float = 0.2
    vector: float = 0.6
    session: float = 0.3
    answer: float = 0.25
    question: float = 0.6
    speaker: float = 2.5
    role: float = 1.3
    day: float = 3.5
    neighbour: float = 0.3
    topic: float = 0.8
    k1: float = 1.0
    b: float = 0.5
    stop_weight: float = 0.3


DEFAULT = Weights()
# Of a topic: its rarity counts between these, in nats.
_LEAST_RARE, _RAREST = 2.0, 4.5


@dataclass(frozen=True, slots=True)
class Scores:
    """The fused score of every row of the scope and each arm's share of it."""

    total: Floats
    arms: dict[str, Floats]
    bm25: Floats
    cosine: Floats
    coverage: Floats
    named: bool = False  # the question names a speaker


def _z(values: Floats, live: NDArray[np.bool_], moments: tuple[float, float] | None = None) -> Floats:
    """Returns z-scores of the live rows, 0 elsewhere; all 0 when the values are equal.

    moments: mean and standard deviation of the whole scope, when `values` cover only part of it.
    """
    out = np.zeros(len(values), np.float32)
    chosen = values[live]
    mean, spread = moments or ((float(chosen.mean()), float(chosen.std())) if len(chosen) else (0.0, 0.0))
    if spread > 1e-6:
        out[live] = (chosen - mean) / spread
    return out


@dataclass(frozen=True, slots=True)
class _Population:
    """Corpus statistics for BM25: document frequencies, number of rows and mean length."""

    counts: Floats
    rows: int
    mean_length: float

    @property
    def idf(self) -> Floats:
        return np.log1p((self.rows - self.counts + 0.5) / (self.counts + 0.5)).astype(np.float32)

    def moments(self, boosts: Floats, pairs: Sequence[tuple[int, int, int]]) -> tuple[float, float]:
        return lexical_moments(self.idf * boosts, self.counts, self.rows, pairs)


def _population(index: ScopeIndex, terms: Keys, frequencies: Floats, lengths: Floats, turns: int) -> _Population:
    """Returns the statistics of these rows, or of the whole scope when it is large. turns: turns per window."""
    searched = index.column(index.LENGTH) > 0  # copies have length 0 and do not count
    present = (frequencies[:, searched] > 0).sum(axis=1).astype(np.float32)
    there = int(searched.sum())
    if index.corpus is None:
        return _Population(present, there, float(lengths[searched].mean()) if there else 1.0)
    known = index.corpus.frequencies(terms)
    rows = max(index.corpus.rows, there, 1)
    share = np.where(known > 0, known, present) / rows
    counts = rows * (1 - (1 - share.clip(0, 1)) ** turns)
    return _Population(counts.astype(np.float32), rows, index.corpus.mean_length * turns)


def _bm25(frequencies: Floats, lengths: Floats, boosts: Floats, whole: _Population, w: Weights) -> Floats:
    """Returns BM25 of every row. frequencies: shape (terms, rows)."""
    norm = w.k1 * (1 - w.b + w.b * lengths / max(whole.mean_length, 1e-6))
    saturated = frequencies * (w.k1 + 1) / (frequencies + norm)
    return np.asarray((whole.idf * boosts) @ saturated, np.float32)


def _with_before(values: Floats, before: Ints, before_2: Ints) -> Floats:
    """Adds to every row (last axis) the values of the two previous rows of its session."""
    padded = np.concatenate([values, np.zeros((*values.shape[:-1], 1), values.dtype)], axis=-1)
    return np.asarray(values + padded[..., before] + padded[..., before_2], np.float32)


def query_terms(text: str, w: Weights) -> tuple[Keys, Floats]:
    """Returns the sorted distinct hashed terms of a question and their weights."""
    counted = Counter(tokenize(text))
    weighted = {key(t): n * (w.stop_weight if t in STOP_TERMS else 1.0) for t, n in counted.items()}
    keys = np.array(sorted(k for k, v in weighted.items() if v), np.uint32)
    return keys, np.array([weighted[k] for k in keys.tolist()], np.float32)


def _han_pairs(text: str, terms: Keys) -> list[tuple[int, int, int]]:
    """Returns the positions, among the terms, of each pair of Han in a question and of its two characters."""
    place = {term: i for i, term in enumerate(terms.tolist())}
    words = set(tokenize(text))
    pairs = [word for word in words if len(word) == 2 and not word.isascii() and words.issuperset(word)]
    return [(place[key(pair)], place[key(pair[0])], place[key(pair[1])]) for pair in pairs]


def _named_speakers(index: ScopeIndex, text: str) -> list[int]:
    words = set(tokenize(text))
    named = []
    for speaker, number in index.speakers.items():
        parts = tokenize(speaker)
        if (parts and len(parts[0]) > 1 and parts[0] in words) or (speaker and len(speaker) > 1 and speaker in text):
            named.append(number)
    return named


def _date_boost(index: ScopeIndex, cues: Sequence[DateCue], w: Weights) -> Floats:
    boost = np.zeros(len(index), np.float32)
    for cue in cues:
        if cue.start is not None and cue.end is not None:
            days = index.column(index.ORDINAL)
            inside = (days >= cue.start.toordinal()) & (days < cue.end.toordinal())
        else:
            inside = index.column(index.MONTH) == cue.month
            if cue.day:
                inside = inside & (index.column(index.MONTH_DAY) == cue.day)
        boost[inside] = np.maximum(boost[inside], _telling(cue, w))
    return boost


def _event_boost(index: ScopeIndex, cues: Sequence[DateCue], w: Weights) -> Floats:
    """Boosts rows whose text mentions a date of the question, as "yesterday" said one day later does."""
    boost = np.zeros(len(index), np.float32)
    for cue in cues:
        terms = np.unique(np.array([key(term) for term in cue_terms(cue)], np.uint32))
        speaks = index.postings.frequencies(terms, len(index)).any(axis=0)
        boost[speaks] = np.maximum(boost[speaks], _telling(cue, w))
    return boost


def _topic_boost(index: ScopeIndex, cues: Cues, w: Weights) -> Floats:
    """Boosts rows about what the question asks of a person's life, whatever their words; a rare topic tells more."""
    terms = np.array(sorted(key(topics.term(name)) for name in cues.topics), np.uint32)
    there = index.postings.frequencies(terms, len(index)) > 0
    known = index.corpus.frequencies(terms) if index.corpus is not None else there.sum(axis=1)
    rows = index.corpus.rows if index.corpus is not None else len(index)
    rare = np.log(max(rows, 2) / np.maximum(known, 1.0)).clip(0.0, _RAREST)
    boost = (w.topic * (_LEAST_RARE + rare))[:, np.newaxis] * there
    return np.asarray(boost.max(axis=0), np.float32)


def _telling(cue: DateCue, w: Weights) -> float:
    """Returns the weight of a date: high for a day, low for a year."""
    return w.day / (1.0 + math.log(cue.days))


def _session_prior(index: ScopeIndex, scores: Floats) -> Floats:
    """Returns for every row the mean of its session's best three scores."""
    sessions = index.column(index.SESSION)
    order = np.lexsort((-scores, sessions))
    ordered = sessions[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    best = rank < 3
    count = int(sessions.max()) + 1
    sums = np.bincount(ordered[best], scores[order][best], count)
    sizes = np.bincount(ordered[best], minlength=count)
    if index.corpus is not None:
        sizes = sizes.clip(3)  # rows that were not fetched count as average: 0
    return (sums / np.maximum(sizes, 1))[sessions].astype(np.float32)


def _smoothing(index: ScopeIndex, scores: Floats, w: Weights) -> Floats:
    """Returns the gain of every row from the better of its two neighbours in the session."""
    before, has = _before(index)
    gain = np.zeros((2, len(scores)), np.float32)
    gain[0, has] = scores[before]
    gain[1, before] = scores[has]
    return np.asarray(w.neighbour * gain.max(axis=0).clip(0), np.float32)


def _answers(index: ScopeIndex, scores: Floats, w: Weights) -> Floats:
    """Returns the gain of every row that follows a matching question, because it is probably the answer."""
    before, has = _before(index)
    gain = np.zeros(len(scores), np.float32)
    asked = index.column(index.QUESTION)[before] > 0
    gain[has] = np.where(asked, scores[before].clip(0), 0)
    return w.answer * gain


def _before(index: ScopeIndex) -> tuple[Ints, NDArray[np.intp]]:
    """Returns the numbers of the previous rows, and of the rows that have one."""
    column = index.column(index.BEFORE)
    has = np.flatnonzero(column >= 0)
    return column[has], has


def _sum(arms: dict[str, Floats], rows: int) -> Floats:
    total = np.zeros(rows, np.float32)
    for share in arms.values():
        total += share
    return total


def _by_words(index: ScopeIndex, text: str, arms: dict[str, Floats], w: Weights) -> tuple[Floats, Floats]:
    """Adds the lexical arms to `arms`; returns BM25 and the coverage of the question's terms for every row."""
    rows = len(index)
    terms, boosts = query_terms(text, w)
    if not len(terms):
        nothing = np.zeros(rows, np.float32)
        return nothing, nothing
    before, before_2 = index.column(index.BEFORE), index.column(index.BEFORE_2)
    lengths = index.column(index.LENGTH).astype(np.float32)
    live = lengths > 0
    frequencies = index.postings.frequencies(terms, rows)
    whole = _population(index, terms, frequencies, lengths, 1)
    bm25 = _bm25(frequencies, lengths, boosts, whole, w)
    mass = whole.idf * np.minimum(boosts, 1.0)
    coverage = (mass @ (frequencies > 0)) / max(float(mass.sum()), 1e-6)
    wide, wide_lengths = (_with_before(values, before, before_2) for values in (frequencies, lengths))
    windows = _population(index, terms, frequencies if index.corpus else wide, wide_lengths, 3)
    window = _bm25(wide, wide_lengths, boosts, windows, w)
    pairs = _han_pairs(text, terms) if index.corpus else None
    moments = [None if pairs is None else of.moments(boosts, pairs) for of in (whole, windows)]
    arms["lexical"] = w.lexical * _z(bm25, live, moments[0])
    arms["window_lexical"] = w.window_lexical * _z(window, live, moments[1])
    return bm25, coverage


def score(index: ScopeIndex, text: str, vector: Vector | None, cues: Cues, w: Weights = DEFAULT) -> Scores:
    """Scores every row of a scope for a question. vector: its embedding, unit length, or None."""
    rows = len(index)
    arms: dict[str, Floats] = {}
    bm25, coverage = _by_words(index, text, arms, w)
    cosine = np.zeros(rows, np.float32)
    if vector is not None and index.vector_mask.any():
        mask = index.vector_mask
        cosine = similarities(index.vectors, vector)
        spread = index.corpus.cosine_moments(vector) if index.corpus else None
        arms["vector"] = w.vector * _z(cosine, mask, spread)
    total = _sum(arms, rows)
    arms["session"] = w.session * _session_prior(index, total)
    arms["answer"] = _answers(index, total, w)
    named = _named_speakers(index, text)
    if named:
        arms["speaker"] = w.speaker * np.isin(index.column(index.SPEAKER), named).astype(np.float32)
    elif cues.role:
        arms["role"] = w.role * (index.column(index.ROLE) == (cues.role == "assistant")).astype(np.float32)
    if cues.dates:
        arms["date"] = _date_boost(index, cues.dates, w)
        arms["event"] = _event_boost(index, cues.dates, w)
    if cues.topics:
        arms["topic"] = _topic_boost(index, cues, w)
    if cues.first_session or cues.last_session:
        days = index.column(index.ORDINAL)
        arms["date"] = arms.get("date", 0) + w.day * (days == (days.min() if cues.first_session else days.max()))
    arms["neighbours"] = _smoothing(index, _sum(arms, rows), w)
    # A question is not an answer.
    arms["question"] = -w.question * index.column(index.QUESTION).astype(np.float32)
    return Scores(_sum(arms, rows), arms, bm25, cosine, coverage, bool(named))
