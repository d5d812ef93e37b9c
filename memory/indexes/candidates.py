"""Recall in a large scope: fetches a few hundred candidates, to be scored like the rows of a small scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from memory.indexes import lexical, timeline
from memory.indexes.lexical import LexicalIndex
from memory.indexes.registry import Large
from memory.indexes.vector import Opened
from memory.ranking.query import Question
from memory.ranking.scan_index import ScopeIndex
from memory.ranking.scoring import DEFAULT, score
from memory.storage import rows
from memory.storage.row import Row
from memory.text import topics
from memory.text.dates import cue_terms
from memory.text.query_hints import Cues
from memory.text.stopwords import STOP_TERMS
from memory.text.tokenizer import tokenize
from memory.types import Scope

BY_WORDS, BY_MEANING, BY_DAY = 100, 64, 200
RECENT = 20
SESSION = 50  # turns of the first or last session, when the question asks about it
BESIDE = 40  # number of best rows whose neighbours are fetched too


def gather(
    scope: Scope, large: Large, words: LexicalIndex, vectors: Opened | None, question: Question, cues: Cues
) -> ScopeIndex:
    """Returns an index of the rows that may answer a question, with the statistics of the whole scope.

    Lexical and temporal candidates are fetched first, while the question is being embedded. Neighbours are fetched
    last, around the rows with the best scores by words and vectors, because a row's score depends on its neighbours.

    Args:
        scope: whose memory.
        large: its entry in the registry.
        words: the lexical index.
        vectors: the vector index, or None if there is no usable one.
        question: the question.
        cues: hints in the question.
    """
    model, dimension = question.space
    index = ScopeIndex(dimension)
    index.corpus = large.corpus

    def fetch(ids: Iterable[int]) -> None:
        missing = [pk for pk in dict.fromkeys(ids) if pk not in index.position]
        index.add_unordered(rows.rows_by_id(scope, model, missing))

    fetch([*_by_words(large, words, question.text, cues), *_by_time(scope, cues)])
    vector = question.vector
    if vectors is not None and vector is not None:
        fetch(pk for pk, _ in vectors.search(vector, BY_MEANING))
    index.link()
    fetch(timeline.beside(scope, _best(index, question, cues)))
    index.link()
    return index


def _best(index: ScopeIndex, question: Question, cues: Cues) -> list[Row]:
    if not len(index):
        return []
    total = score(index, question.text, question.vector, cues).total
    return [index.rows[i] for i in np.argsort(-total, kind="stable")[:BESIDE].tolist()]


def _by_words(large: Large, words: LexicalIndex, text: str, cues: Cues) -> list[int]:
    counted = Counter(tokenize(text))
    weighed = {t: n * (DEFAULT.stop_weight if t in STOP_TERMS else 1.0) for t, n in counted.items()}
    telling = {t: weight for t, weight in weighed.items() if t not in STOP_TERMS} or weighed
    found: list[int] = []
    for asked in (telling, _date_terms(cues), dict.fromkeys(map(topics.term, sorted(cues.topics)), 1.0)):
        wanted = lexical.plan(large.id, asked, large.corpus) if asked else None
        if wanted:
            found += words.search(large.id, wanted, BY_WORDS)
    return found


def _date_terms(cues: Cues) -> dict[str, float]:
    """Returns index terms of days without a year (`memory.text.tokenizer.date_terms`) and of dates in the text."""
    said = {f"d{cue.month:02d}{cue.day:02d}": 1.0 for cue in cues.dates if cue.start is None and cue.month and cue.day}
    return said | {term: 1.0 for cue in cues.dates for term in cue_terms(cue)}


def _by_time(scope: Scope, cues: Cues) -> list[int]:
    found = timeline.latest(scope, SESSION if cues.last_session else RECENT)
    if cues.first_session:
        found += timeline.earliest(scope, SESSION)
    for cue in cues.dates:
        if cue.start is not None and cue.end is not None:
            found += timeline.period(scope, cue.start, cue.end, BY_DAY)
    return found
