"""The lexical index finds what a scan of the rows finds, after any inserts, repetitions, edits and deletions."""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from memory import database
from memory.indexes import build, candidates, large, lexical, registry
from memory.indexes.registry import Large
from memory.lifecycle import editing
from memory.models import MemoryEntry
from memory.ranking.query import Question
from memory.ranking.scoring import DEFAULT, score
from memory.storage.rows import of_scope
from memory.store import MemoryStore
from memory.text.query_hints import Cues
from memory.text.stopwords import STOP_TERMS
from memory.text.tokenizer import index_terms, tokenize
from memory.text.topics import marks
from memory.types import Scope
from tests.memory.builders import MORNING, other_person, person, say, turn

# MySQL's full-text index shows only committed rows.
pytestmark = [
    pytest.mark.databases,
    pytest.mark.django_db(transaction=database.vendor() == "mysql"),
    pytest.mark.usefixtures("words_only"),
]
_PIECES = [
    "tea", "Tea", "teas", "boat", "running", "it's", "the", "I", "a", "x1", "é", "straße", "ไทย", "٣",
    "茶", "喝茶", "成都", "我", "的", "住在成都", "カタカナ", "한국", "😀", "👩‍👩‍👧", "\u200b", "s1xtea", "x" * 70,
    "AND", "OR", "NOT", "NEAR(", ")", "*", '"', "'", "''", ":", "-", "+", "^", "~", "@", "<->", "&", "|", "!", "\\",
    "\\'", "%", "_", "\0", "{terms}", "; --",
]  # fmt: skip
_TEXTS = st.builds(
    lambda pieces, between: between.join(pieces),
    st.lists(st.sampled_from(_PIECES), min_size=1, max_size=8),
    st.sampled_from([" ", "", "\n"]),
)
_WHO = st.integers(0, 1)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), _WHO, st.integers(0, 99), _TEXTS),
        st.tuples(st.sampled_from(["repeat", "forget", "build"]), _WHO, st.integers(0, 99), st.just("")),
        st.tuples(st.sampled_from(["rewrite", "replace"]), _WHO, st.integers(0, 99), _TEXTS),
    ),
    max_size=20,
)
_SAID = st.lists(_TEXTS, min_size=2, max_size=25)
_examples = settings(
    max_examples=60 if database.vendor() == "sqlite" else 20,  # a server takes longer for each statement
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "LARGE_FROM", 2)
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: None)


def _two_people(said: list[str]) -> list[Scope]:
    """Makes two people who say the same."""
    ann = person()
    people = [ann, other_person(ann)]
    for scope in people:
        say(scope, "tea in 成都", "我喝茶", "a boat", *said)
        assert build.build(scope)
    return people


def _do(scope: Scope, step: str, number: int, text: str) -> None:
    ids = list(of_scope(scope).order_by("id").values_list("id", flat=True))
    chosen = ids[number % len(ids)]
    words = of_scope(scope).get(pk=chosen).text
    if step == "say":
        MemoryStore(scope.bot_id).remember([turn(scope, text, minute=number)])
    elif step == "repeat":
        MemoryStore(scope.bot_id).remember([turn(scope, words, minute=number)])
    elif step == "forget" and len(ids) > 3:
        MemoryStore(scope.bot_id).erase(scope, [chosen])
    elif step == "build":
        build.build(scope)
    elif step in ("rewrite", "replace"):
        change = editing.rewrite if step == "rewrite" else editing.supersede
        try:
            change(scope, chosen, text)
        except editing.EditRefused:
            assert step == "replace" or not text.replace("\0", "").strip()


def _rows(scope: Scope) -> dict[int, list[str]]:
    """Returns the terms of each searchable row, computed from its text."""
    rows = of_scope(scope).turns().filter(duplicate_of=None)
    return {
        row.pk: index_terms(row.text, row.speaker, timezone.localtime(row.occurred_at)) + marks(row.text, row.role)
        for row in rows
    }


def _terms(question: str) -> dict[str, float]:
    """Returns the search terms: the significant words of a question, or all words if none is significant."""
    counted = Counter(tokenize(question))
    weighed = {term: n * (DEFAULT.stop_weight if term in STOP_TERMS else 1.0) for term, n in counted.items()}
    return {term: weight for term, weight in weighed.items() if term not in STOP_TERMS} or weighed


def _indexes(scope: Scope) -> Large:
    known, _state = large.known(scope)
    assert known is not None
    return known


def _found(scope: Scope, question: str, k: int) -> list[int]:
    words, indexes = lexical.backend(), _indexes(scope)
    assert words is not None
    wanted = lexical.plan(indexes.id, _terms(question), indexes.corpus) if _terms(question) else None
    return words.search(indexes.id, wanted, k) if wanted else []


@_examples
@given(said=_SAID, steps=_STEPS, question=_TEXTS, k=st.sampled_from([2, 200]))
@example(said=["茶"], steps=[("rewrite", 0, 0, "喝茶"), ("forget", 0, 1, "")], question="茶", k=200)
def test_what_is_found_holds_a_word_of_the_question_and_is_all_that_does(
    said: list[str], steps: list[tuple[str, int, int, str]], question: str, k: int
) -> None:
    people = _two_people(said)
    for step, who, number, text in steps:
        _do(people[who], step, number, text)
    for scope in people:
        found = _found(scope, question, k)
        wanted = {term for term in _terms(question) if len(term.encode()) <= 64}
        holding = {pk for pk, terms in _rows(scope).items() if wanted.intersection(terms)}
        assert len(found) == len(set(found)) == min(k, len(holding))
        assert holding.issuperset(found)


@_examples
@given(said=_SAID, steps=_STEPS, question=_TEXTS)
def test_where_only_pairs_of_common_words_are_looked_for_nothing_else_is_found(
    said: list[str], steps: list[tuple[str, int, int, str]], question: str
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lexical, "ROWS", 1)
        people = _two_people(said)
        for step, who, number, text in steps:
            _do(people[who], step, number, text)
        for scope in people:
            holding = {pk for pk, terms in _rows(scope).items() if set(_terms(question)).intersection(terms)}
            assert holding.issuperset(_found(scope, question, 200))


@_examples
@given(said=_SAID, steps=_STEPS, question=_TEXTS)
def test_rows_that_were_fetched_are_ranked_as_the_textbook_ranks_them_among_all(
    said: list[str], steps: list[tuple[str, int, int, str]], question: str
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        # so that some rows do not match
        for name in ("BY_WORDS", "BY_DAY"):
            patched.setattr(candidates, name, 3)
        for name in ("RECENT", "BESIDE"):
            patched.setattr(candidates, name, 1)
        scope, _other = _two_people(said)
        for step, _who, number, text in steps:
            _do(scope, step, number, text)
        assert build.build(scope)
        index, words_only = large.candidates_of(scope, _indexes(scope), Question(question), Cues())
    assert not words_only
    searched = _rows(scope)
    found = score(index, question, None, Cues()).bm25.tolist()
    textbook = _textbook(searched, question)
    assert found == pytest.approx([textbook.get(row.id, 0.0) for row in index.rows], abs=2e-3)


def _textbook(rows: dict[int, list[str]], question: str) -> dict[int, float]:
    """Returns BM25 of each row, in plain arithmetic."""
    mean = sum(map(len, rows.values())) / len(rows)
    scores = dict.fromkeys(rows, 0.0)
    for term, times in Counter(tokenize(question)).items():
        weight = times * (DEFAULT.stop_weight if term in STOP_TERMS else 1.0)
        holding = sum(term in terms for terms in rows.values())
        idf = math.log(1 + (len(rows) - holding + 0.5) / (holding + 0.5))
        for pk, terms in rows.items():
            often = terms.count(term)
            norm = DEFAULT.k1 * (1 - DEFAULT.b + DEFAULT.b * len(terms) / mean)
            scores[pk] += weight * idf * often * (DEFAULT.k1 + 1) / (often + norm) if often else 0.0
    return scores


def test_no_entry_is_left_of_rows_that_are_gone() -> None:
    for scope in _two_people(["茶", "tea"]):
        MemoryStore(scope.bot_id).erase(scope)
    say(person(), "tea", occurred_at=MORNING - timedelta(days=1))
    words = lexical.backend()
    assert words is not None
    assert words.rows() == 0
    assert MemoryEntry.objects.count() == 1
