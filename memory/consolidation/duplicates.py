"""Finds near-duplicates, links them to the more complete row and archives them. Exact repetitions are copies already.

A row is archived only when the kept row says everything that it says: its content words are a subset, negations and
numbers are the same, and the vectors agree. "I have two cats" never replaces "three cats".
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from memory.consolidation.noise_filter import passes_on
from memory.embedders import current
from memory.errors import EmbedderUnavailable
from memory.models import MemoryEntryQuerySet
from memory.storage.rows import of_scope
from memory.text.dates import date_cues
from memory.text.stopwords import STOP_TERMS
from memory.text.tokenizer import tokenize
from memory.types import Scope, Vector

logger = logging.getLogger(__name__)

OVERLAP = 0.75  # of the content words of the kept row
COSINE = 0.95
LEAST_TERMS = 2
LONGEST = 600  # characters; longer texts say too much for a comparison of words
_FILLER_WORDS = (
    "really very so much quite indeed actually well oh hi hey yes yeah ok okay 很 真 真的 非常 特别 挺 哈 嗯"
)
_NEGATIONS = "no not never none don't doesn't didn't isn't wasn't can't won't without 不 没 没有 别 无 非"
_FILLER = frozenset(tokenize(_FILLER_WORDS))
# Removed before tokenizing, or 我很喜欢 would have other pairs than 我喜欢.
_FILLER_HAN = re.compile(r"非常|特别|真的|[很真挺哈嗯啊呀哦吧啦]")
_NEGATION = frozenset(tokenize(_NEGATIONS))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may be a near-duplicate."""

    id: int
    role: str
    text: str
    telling: tuple[str, ...]
    terms: frozenset[str]
    negations: frozenset[str]
    day: date
    has_date: bool
    pinned: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two row ids: `archived` says nothing that `kept` does not say."""

    archived: int
    kept: int


def find(scope: Scope) -> list[Pair]:
    """Finds near-duplicates among a person's unarchived turns. Read-only. Queries: 1.

    Candidates by words are confirmed by the embedder; without an embedder nothing is found.
    """
    if not current.enabled():
        return []
    rows = of_scope(scope).turns().distinct_entries().filter(archived_at=None, superseded_by=None, valid_to=None)
    try:
        return list(_pairs(list(_candidates(rows)), _Meaning()))
    except EmbedderUnavailable as error:
        logger.warning("memory: near-duplicates are left for the next run: %s", error)
        return []


class _Meaning:
    """Cosines of the texts alone. Stored vectors do not fit: they include the previous turn."""

    def __init__(self) -> None:
        self._held: dict[int, Vector] = {}

    def cosine(self, one: Candidate, other: Candidate) -> float:
        missing = [row for row in (one, other) if row.id not in self._held]
        if missing:
            made = current.current().embed_passages([row.text for row in missing])
            self._held.update((row.id, vector) for row, vector in zip(missing, made, strict=True))
        return float(self._held[one.id] @ self._held[other.id])


def _candidates(rows: MemoryEntryQuerySet) -> Iterator[Candidate]:
    found = rows.order_by("occurred_at", "id").values_list("id", "role", "text", "day", "pinned")
    for pk, role, text, day, pinned in found.iterator(chunk_size=500):
        if len(text) > LONGEST or passes_on(text):  # what somebody else says replaces nothing that the person says
            continue
        words = tokenize(_FILLER_HAN.sub("", text))
        telling = tuple(word for word in words if word not in STOP_TERMS and word not in _FILLER)
        if len(set(telling)) >= LEAST_TERMS:
            negations = _NEGATION.intersection(words)
            dated = bool(date_cues(text, day))
            yield Candidate(pk, role, text, telling, frozenset(telling), negations, day, dated, pinned)


def _pairs(rows: list[Candidate], meaning: _Meaning) -> Iterator[Pair]:
    """Yields near-duplicates; of two equal rows the earlier one is kept."""
    holding: dict[str, list[int]] = {}
    frequency = Counter(term for row in rows for term in row.terms)
    for number, row in enumerate(rows):
        for term in row.terms:
            holding.setdefault(term, []).append(number)
    gone: set[int] = set()
    for number, row in enumerate(rows):
        # A row that says as much contains every word of this row, so also the rarest one.
        rarest = min(row.terms, key=lambda term: (frequency[term], term))
        for other in holding[rarest]:
            if other in gone or not _words_agree(rows, number, other):
                continue
            if meaning.cosine(row, rows[other]) >= COSINE:
                gone.add(number)
                yield Pair(row.id, rows[other].id)
                break


def _words_agree(rows: list[Candidate], number: int, other: int) -> bool:
    row, keeper = rows[number], rows[other]
    if number == other or row.pinned or row.role != keeper.role or row.negations != keeper.negations:
        return False
    if not row.terms <= keeper.terms or len(row.terms) < OVERLAP * len(keeper.terms):
        return False
    if row.terms == keeper.terms and other > number and not keeper.pinned:
        return False  # equal words: the earlier one stays
    if any(character.isdigit() for term in keeper.terms - row.terms for character in term):
        return False
    # "Ann likes Tom" is not "Tom likes Ann".
    following = iter(keeper.telling)
    if not all(word in following for word in row.telling):
        return False
    # "Yesterday I ran five miles" on two days means two runs.
    return row.day == keeper.day or not (row.has_date or keeper.has_date)


def archive(scope: Scope, pairs: Iterable[Pair]) -> int:
    """Links and archives the pairs in the caller's transaction; skips rows that changed meanwhile."""
    done, now = 0, timezone.now()
    rows = of_scope(scope)
    for pair in pairs:
        if rows.filter(pk=pair.kept, archived_at=None).exists():
            unchanged = rows.filter(pk=pair.archived, archived_at=None, pinned=False)
            done += unchanged.update(archived_at=now, similar_to_id=pair.kept)
    return done


def release(scope: Scope, kept: Iterable[int]) -> int:
    """Unarchives the near-duplicates of these rows. Call it before the rows are deleted."""
    rows = of_scope(scope).filter(similar_to__in=list(kept))
    return rows.update(archived_at=None, similar_to=None)
