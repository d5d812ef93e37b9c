"""The scan index agrees with plain arithmetic, also if rows are added one by one."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.ranking.scan_index import ScopeIndex
from memory.ranking.scoring import DEFAULT, score
from memory.storage.row import Row
from memory.text.query_hints import Cues
from memory.text.term_keys import pack

START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = st.lists(st.sampled_from(["tea", "boat", "bread", "lamp", "fish", "茶", "船"]), max_size=6)


def _rows(texts: list[list[str]]) -> list[Row]:
    return [
        Row(i + 1, "", "user", "", f"s{i % 2}", " ".join(t), pack(t), START + timedelta(minutes=i), date(2026, 1, 1),
            None, None, None, 1)
        for i, t in enumerate(texts)
    ]  # fmt: skip


def _plain_bm25(texts: list[list[str]], query: list[str]) -> list[float]:
    n = sum(map(bool, texts))  # repetitions have no terms and do not count
    mean = sum(map(len, texts)) / max(n, 1)
    scores = [0.0] * len(texts)
    for term in set(query):
        df = sum(term in t for t in texts)
        idf = math.log(1 + (n - df + 0.5) / (df + 0.5))
        for i, t in enumerate(texts):
            tf = Counter(t)[term]
            norm = DEFAULT.k1 * (1 - DEFAULT.b + DEFAULT.b * len(t) / max(mean, 1e-6))
            scores[i] += query.count(term) * idf * tf * (DEFAULT.k1 + 1) / (tf + norm) if tf else 0.0
    return scores


@given(st.lists(WORDS, min_size=1, max_size=90), WORDS, st.booleans())
def test_bm25_equals_the_textbook_whether_grown_or_merged(
    texts: list[list[str]], query: list[str], merge: bool
) -> None:
    index = ScopeIndex(4)
    assert index.add(_rows(texts))
    if merge:
        index.postings.merge()
    scored = score(index, " ".join(query), None, Cues())
    assert scored.bm25.tolist() == pytest.approx(_plain_bm25(texts, query), abs=1e-3)
    assert np.isfinite(scored.total).all()


@given(st.lists(WORDS, min_size=2, max_size=40), st.integers(1, 39), WORDS)
def test_adding_in_two_steps_scores_as_adding_at_once(texts: list[list[str]], cut: int, query: list[str]) -> None:
    whole, grown = ScopeIndex(4), ScopeIndex(4)
    whole.add(_rows(texts))
    grown.add(_rows(texts)[:cut])
    score(grown, " ".join(query), None, Cues())
    grown.add(_rows(texts)[cut:])
    left, right = (score(i, " ".join(query), None, Cues()).total for i in (whole, grown))
    assert left.tolist() == pytest.approx(right.tolist(), abs=1e-4)


def test_the_arms_add_up_to_the_score() -> None:
    index = ScopeIndex(4)
    index.add(_rows([["tea", "boat"], ["bread"], ["tea"], ["lamp", "fish"]]))
    scored = score(index, "tea on a boat", None, Cues(role="user"))
    assert np.sum(list(scored.arms.values()), axis=0).tolist() == pytest.approx(scored.total.tolist(), abs=1e-5)
    assert int(np.argmax(scored.total)) == 0
