"""Finds the later turns that correct a hit, so that "I live in Munich" never comes without "We moved to Berlin".

A later turn of the same side corrects a hit when both are about the same topic of the same person (home, work, diet),
or when it ends or changes something and shares a rare word with the hit ("Rex", "Siemens").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

import numpy as np

from memory.ranking.scan_index import ScopeIndex
from memory.storage.row import Row
from memory.text import topics
from memory.text.stopwords import STOP_TERMS
from memory.text.term_keys import key
from memory.text.tokenizer import tokenize
from memory.types import Hit

MOST = 3  # corrections in one recall
_LATEST = 200  # turns of a topic are compared, the latest ones
_RARE = 0.03  # a word is rare when at most this share of the turns, or two of them, contain it
_LONGEST = 600  # characters that are compared


class Corrections:
    """The turns of a scope that may correct others. Reads the index once per recall, and only when it is asked."""

    def __init__(self, index: ScopeIndex, skip: Callable[[Row], bool]) -> None:
        self._index, self._skip = index, skip
        self._by_topic: dict[str, list[int]] | None = None

    def of(self, number: int, only: frozenset[str] | None = None) -> int | None:
        """Returns the number of the latest row that corrects this one; None when there is none.

        only: the topics to look at; None: all, and shared words too.
        """
        row = self._index.rows[number]
        if row.role != "user":
            return None
        about = topics.topics_of(row.text)
        for topic in sorted(about if only is None else about & only):
            for other in self._later(number, topic):
                if self._corrects(self._index.rows[other], row, topic):
                    return other
        if only is not None:
            return None
        for other in self._later(number, "change"):
            text = self._index.rows[other].text
            if topics.ends(text) and self._rare_shared(row.text, text):
                return other
        return None

    def _corrects(self, later: Row, row: Row, topic: str) -> bool:
        if not topics.subjects_of(row.text) & topics.subjects_of(later.text):
            return False
        if topic in _SINGLE:
            return topics.changes_state(later.text, topic) or _differ(row.text, later.text)
        return topics.changes(later.text) and self._rare_shared(row.text, later.text)

    def _later(self, number: int, topic: str) -> Iterator[int]:
        """Yields the later rows of a topic by the same side, latest first."""
        row = self._index.rows[number]
        for other in islice(reversed(self._rows().get(topic, [])), _LATEST):
            later = self._index.rows[other]
            if later.occurred_at <= row.occurred_at:
                return
            same_side = (later.role, later.speaker) == (row.role, row.speaker)
            if other != number and same_side and not self._skip(later):
                yield other

    def _rows(self) -> dict[str, list[int]]:
        """Returns the numbers of the rows of each topic in order of time."""
        if self._by_topic is None:
            names = {key(topics.term(name)): name for name in _NAMES}
            keys = np.array(sorted(names), np.uint32)
            there = self._index.postings.frequencies(keys, len(self._index)) > 0
            order = self._index.rows
            self._by_topic = {
                names[one]: sorted(np.flatnonzero(there[i]).tolist(), key=lambda n: (order[n].occurred_at, order[n].id))
                for i, one in enumerate(keys.tolist())
            }
        return self._by_topic

    def _rare_shared(self, one: str, other: str) -> bool:
        shared = _telling(one) & _telling(other)
        if not shared:
            return False
        keys = np.array(sorted({key(term) for term in shared}), np.uint32)
        rows = len(self._index)
        counts = (self._index.postings.frequencies(keys, rows) > 0).sum(axis=1)
        return bool(counts.min() <= max(2.0, _RARE * rows))


_NAMES = (
    "home",
    "work",
    "diet",
    "partner",
    "pet",
    "allergy",
    "name",
    "contact",
    "study",
    "vehicle",
    "habit",
    "taste",
    "change",
)
# Topics of which a person has one state at a time: a later turn about it needs no common word.
_SINGLE = frozenset({"home", "work", "diet", "partner", "name", "study"})


def _differ(one: str, other: str) -> bool:
    """Tells whether two statements give different values for the same: "I live in Bonn", "I live in Ulm"."""
    values, others = topics.values_of(one), topics.values_of(other)
    return any(others.get(name, value) != value for name, value in values.items())


@lru_cache(maxsize=4096)
def _telling(text: str) -> frozenset[str]:
    """Returns the words that identify what a text is about; of Han only pairs."""
    words = frozenset(tokenize(text[:_LONGEST])) - STOP_TERMS - topics.COMMON
    return frozenset(word for word in words if len(word) > 2 or (len(word) == 2 and not word.isascii()))


def placed(
    index: ScopeIndex, chosen: Sequence[int], skip: Callable[[Row], bool], only: frozenset[str] | None = None
) -> tuple[list[int], dict[int, int]]:
    """Puts each correction before what it corrects.

    Args:
        index: the rows.
        chosen: numbers of the hits, best first.
        skip: tells whether to leave out a row.
        only: the topics in which corrections count; None: all. A question that names a speaker is about what this
            speaker told, and much of it shares words.

    Returns:
        The numbers with the corrections, and for each corrected number that of its correction.
    """
    corrections = Corrections(index, skip)
    ordered: list[int] = []
    corrected: dict[int, int] = {}
    added = 0
    for number in chosen:
        by = corrections.of(number, only)
        if by is not None and (by in chosen or added < MOST):
            corrected[number] = by
            if by not in ordered:
                added += by not in chosen
                ordered.append(by)
        if number not in ordered:
            ordered.append(number)
    return ordered, corrected


def kept_first(found: Sequence[Hit], chosen: Sequence[Hit], k: int) -> tuple[Hit, ...]:
    """Puts each correction among `found` before what it corrects among `chosen`, whose order may have parted them."""
    known = {hit.id: hit for hit in found}
    ordered: dict[int, Hit] = {}
    for hit in chosen:
        if hit.corrected_by in known:
            ordered.setdefault(hit.corrected_by, known[hit.corrected_by])
        ordered.setdefault(hit.id, hit)
    return tuple(ordered.values())[:k]
