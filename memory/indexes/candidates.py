"""Recall in a large scope: some hundred candidates are fetched, then scored as a small scope's rows are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from memory import entries
from memory.cues import Cues
from memory.dates import cue_terms
from memory.indexes import lexical, timeline
from memory.indexes.lexical import LexicalIndex
from memory.indexes.registry import Large
from memory.indexes.vector import Space
from memory.scope_index import Row, ScopeIndex
from memory.scoring import DEFAULT, score
from memory.stopwords import STOP_TERMS
from memory.tokenizer import tokenize
from memory.types import Scope, Vector

PER_ARM = 200
RECENT = 50
BESIDE = 40  # of the best, the turns around them are fetched too


def gather(
    scope: Scope, large: Large, words: LexicalIndex, nearest: Sequence[int], text: str, vector: Vector | None,
    cues: Cues, space: Space,
) -> ScopeIndex:  # fmt: skip
    """An index of the rows that may answer a question, with what is known of the whole scope.

    Args:
        scope: whose memory.
        large: its entry in the registry.
        words: the lexical index.
        nearest: what the vector index found.
        text: the question.
        vector: its embedding.
        cues: its hints.
        space: the vectors in use.
    """
    ids = [*nearest, *_by_words(large, words, text, cues), *_by_time(scope, cues)]
    model, dimension = (space.labels or ("",))[0], space.dimension
    rows = entries.rows_by_id(scope, model, list(dict.fromkeys(ids)))
    first = _index(rows, large, dimension)
    if not len(first):
        return first
    total = score(first, text, vector, cues).total
    best = [first.rows[i] for i in np.argsort(-total, kind="stable")[:BESIDE].tolist()]
    known = set(first.position)
    more = [pk for pk in dict.fromkeys(timeline.beside(scope, best)) if pk not in known]
    rows += entries.rows_by_id(scope, model, more)
    return _index(sorted(rows, key=lambda row: (row.occurred_at, row.id)), large, dimension)


def _index(rows: list[Row], large: Large, dimension: int) -> ScopeIndex:
    index = ScopeIndex(dimension)
    index.corpus = large.corpus
    index.add(rows, keep=True)
    return index


def _by_words(large: Large, words: LexicalIndex, text: str, cues: Cues) -> list[int]:
    counted = Counter(tokenize(text))
    weighed = {t: n * (DEFAULT.stop_weight if t in STOP_TERMS else 1.0) for t, n in counted.items()}
    telling = {t: weight for t, weight in weighed.items() if t not in STOP_TERMS} or weighed
    found: list[int] = []
    for asked in (telling, _date_terms(cues)):
        wanted = lexical.plan(large.id, asked, large.corpus) if asked else None
        if wanted:
            found += words.search(large.id, wanted, PER_ARM)
    return found


def _date_terms(cues: Cues) -> dict[str, float]:
    """Index terms of days said on without a year (`memory.tokenizer.date_terms`) and of days spoken of."""
    said = {f"d{cue.month:02d}{cue.day:02d}": 1.0 for cue in cues.dates if cue.start is None and cue.month and cue.day}
    return said | {term: 1.0 for cue in cues.dates for term in cue_terms(cue)}


def _by_time(scope: Scope, cues: Cues) -> list[int]:
    found = timeline.latest(scope, RECENT)
    if cues.first_session:
        found += timeline.earliest(scope, RECENT)
    for cue in cues.dates:
        if cue.start is not None and cue.end is not None:
            found += timeline.period(scope, cue.start, cue.end, PER_ARM)
    return found
