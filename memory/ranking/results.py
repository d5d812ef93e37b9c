"""Turns scores into hits.

Leaves out excluded rows and rows that tell nothing, slightly boosts recent and repeated rows, merges rows that say the
same, puts corrections before what they correct, and adds the neighbouring question or answer to a hit.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from memory.ranking import corrections
from memory.ranking.scan_index import ScopeIndex
from memory.ranking.scoring import Scores
from memory.storage.row import Row
from memory.text.acknowledgements import is_acknowledgement, only_asks
from memory.text.dates import ResolvedDate
from memory.text.query_hints import Cues
from memory.types import Beside, Hit, Kind

Skip = Callable[[Row], bool]

_POOL = 50  # rows that the boosts below may reorder
# Fractions of a row's score; so small that they only decide between about equally good rows.
_RECENCY, _HALF_LIFE_DAYS = 0.05, 30.0
_REINFORCEMENT, _MOST_REINFORCEMENT = 0.05, 0.15
# Words that do not change the meaning.
_FILLERS = re.compile(r"(?:\b(?:an?|the|so|very|really|just|well|oh)\b|[\W_]+)+")
_FILLER_HAN = str.maketrans("", "", "的了啊呀哦嗯")


@dataclass(slots=True)
class _Candidate:
    number: int
    row: Row
    score: float
    shares: dict[str, float]
    seen: int
    asks: bool


def best(
    index: ScopeIndex,
    scores: Scores,
    k: int,
    skip: Skip,
    cues: Cues,
    today: date,
    *,
    every: bool = False,
    asking: bool = True,
) -> tuple[Hit, ...]:
    """Returns the `k` best rows as hits, best first.

    Args:
        index: the rows.
        scores: their scores.
        k: maximum number of hits.
        skip: tells whether to leave out a row.
        cues: hints in the question; with a date in it, recent rows get no boost.
        today: the day of the question.
        asking: keep hits that only ask.
        every: keep hits that only repeat another hit or tell nothing, and add no corrections.
    """
    pool = _pool(index, scores, max(_POOL, 2 * k), skip, every=every, asking=asking)
    timeless = not cues.dates and not cues.first_session
    for one in pool:
        gain = max(one.score, 0.0)
        age = max((today - one.row.day).days, 0)
        if timeless:
            one.shares["recency"] = gain * _RECENCY * 0.5 ** (age / _HALF_LIFE_DAYS)
        if one.row.seen > 1:
            one.shares["repeated"] = gain * min(_REINFORCEMENT * math.log2(one.row.seen), _MOST_REINFORCEMENT)
        one.score += sum(one.shares.values())
    pool.sort(key=lambda one: -one.score)
    if every:
        return tuple(_hit(index, scores, one, skip) for one in pool[:k])
    chosen = {one.number: one for one in _distinct(pool, k)}
    order, corrected = corrections.placed(index, list(chosen), skip, cues.life if scores.named else None)
    hits = []
    for number in order[:k]:
        one = chosen.get(number) or _candidate(index, scores, number)
        hit = _hit(index, scores, one, skip)
        by = corrected.get(number)
        hits.append(replace(hit, corrected_by=index.rows[by].id) if by is not None else hit)
    return tuple(hits)


def _pool(index: ScopeIndex, scores: Scores, size: int, skip: Skip, *, every: bool, asking: bool) -> list[_Candidate]:
    """Returns the best rows. Unless `every`: only those that tell something."""
    lengths, asks = index.column(index.LENGTH), index.column(index.QUESTION)
    pool: list[_Candidate] = []
    for i in np.argsort(-scores.total, kind="stable").tolist():
        if len(pool) >= size:
            break
        row = index.rows[i]
        if not lengths[i] or skip(row):
            continue
        if not every and (is_acknowledgement(row.text) or (not asking and asks[i] and only_asks(row.text))):
            continue
        pool.append(_candidate(index, scores, i))
    return pool


def _candidate(index: ScopeIndex, scores: Scores, number: int) -> _Candidate:
    row = index.rows[number]
    return _Candidate(
        number, row, float(scores.total[number]), {}, row.seen, bool(index.column(index.QUESTION)[number])
    )


def _distinct(pool: list[_Candidate], k: int) -> list[_Candidate]:
    """Returns the first `k` rows that differ in more than fillers; the first of equal rows counts the others."""
    chosen: dict[tuple[object, ...], _Candidate] = {}
    for one in pool:
        row = one.row
        folded = unicodedata.normalize("NFKC", row.text).lower().translate(_FILLER_HAN)
        words = _FILLERS.sub(" ", folded).strip()
        # The dates are compared because "I went hiking yesterday" on two days means two hikes. A text of emoji only has
        # no words, so its whole text is compared.
        same = (row.role, row.speaker, words or row.text, row.dates, one.asks)
        if same in chosen:
            chosen[same].seen += one.seen
        elif len(chosen) < k:
            chosen[same] = one
    return list(chosen.values())


def _hit(index: ScopeIndex, scores: Scores, one: _Candidate, skip: Skip) -> Hit:
    i, row = one.number, one.row
    why = {name: round(float(values[i]), 4) for name, values in scores.arms.items()}
    why |= {name: round(share, 4) for name, share in one.shares.items()}
    for name, raw in (("bm25", scores.bm25), ("cosine", scores.cosine), ("coverage", scores.coverage)):
        why[name] = round(float(raw[i]), 4)
    hit = Hit(
        row.id, row.external_id, row.role, row.speaker, row.text, round(one.score, 4), row.occurred_at, row.session,
        one.seen, why, *_validity(row), dates=_dates(row),
    )  # fmt: skip
    return replace(hit, beside=_beside(index, i, skip))


def _beside(index: ScopeIndex, i: int, skip: Skip) -> Beside | None:
    """Returns the answer to a question, or the question before an answer."""
    before = index.column(index.BEFORE)
    asks = index.column(index.QUESTION)
    after = np.flatnonzero(before == i)[:1].tolist() if asks[i] else []
    asked = [int(before[i])] if not asks[i] and before[i] >= 0 and asks[before[i]] else []
    for other in after or asked:
        row = index.rows[other]
        if (row.role, row.speaker) != (index.rows[i].role, index.rows[i].speaker) and not skip(row):
            return Beside(row.role, row.speaker, row.text, after=bool(after))
    return None


def _dates(row: Row) -> tuple[ResolvedDate, ...]:
    return tuple(map(ResolvedDate.from_json, json.loads(row.dates))) if row.dates else ()


def _validity(row: Row) -> tuple[Kind, datetime | None, datetime | None]:
    if row.validity is None:
        return "turn", None, None
    return row.validity.kind, row.validity.valid_from, row.validity.valid_to
