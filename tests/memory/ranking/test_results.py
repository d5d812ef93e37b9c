"""Hits from scores: recency, repetition, duplicates, and the other half of an exchange."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from memory.store import MemoryStore
from memory.types import Hit
from tests.memory.builders import person, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only")]
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def _recall(scope: Any, question: str, **options: Any) -> tuple[Hit, ...]:
    return MemoryStore(scope.bot_id).recall(scope, question, now=NOW, **options).hits


def test_of_two_that_fit_equally_the_recent_one_comes_first() -> None:
    scope = person()
    for days, town in ((400, "Lyon"), (2, "Graz"), (200, "Bern")):
        say(scope, f"We took the train to {town}", occurred_at=NOW - timedelta(days=days), session=town)
    say(scope, "Rain all day", session="rain")
    hits = _recall(scope, "where did the train take us", k=3)
    assert [hit.text.split()[-1] for hit in hits] == ["Graz", "Bern", "Lyon"]


def test_recency_says_nothing_where_the_question_names_a_day() -> None:
    scope = person()
    say(scope, "We took the train to Lyon", occurred_at=NOW - timedelta(days=1))
    say(scope, "Nothing else")
    assert "recency" in _recall(scope, "the train")[0].why
    assert "recency" not in _recall(scope, "the train on 3 March 2025")[0].why


def test_what_was_said_often_gains_a_little_and_says_so() -> None:
    scope = person()
    say(scope, "The red boat leaks", "The blue boat leaks", "The blue boat leaks", "The blue boat leaks", "Rain")
    first = _recall(scope, "which boat leaks")[0]
    assert first.text == "The blue boat leaks"
    assert first.seen == 3
    assert 0 < first.why["repeated"] <= 0.15 * first.score


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("My sister lives in Chengdu", "Well, my sister really lives in the Chengdu!"),
        ("我姐姐住成都", "嗯，我姐姐住成都啊。"),
    ],
)
def test_what_says_the_same_comes_once_and_is_counted(one: str, other: str) -> None:
    scope = person()
    say(scope, one, "Something else entirely", other)
    hits = [hit for hit in _recall(scope, one) if hit.text in (one, other)]
    assert [hit.seen for hit in hits] == [2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I like tea", "I don't like tea"),
        ("Bob pays Ann 200", "Bob pays Ann 300"),
        ("Ann likes Bob", "Bob likes Ann"),
        ("You live in Chengdu", "You live in Chengdu?"),
        ("我喜欢喝茶", "我不喜欢喝茶"),
    ],
)
def test_what_says_something_else_stays_apart(one: str, other: str) -> None:
    scope = person()
    say(scope, one)
    say(scope, other, role="user", session="s2", occurred_at=NOW - timedelta(days=1))
    found = {hit.text for hit in _recall(scope, one)}
    # Question marks are not words: the store keeps those two as one memory.
    assert found == ({one} if other == f"{one}?" else {one, other})


def test_the_arms_and_the_gains_add_up_to_the_score() -> None:
    scope = person()
    say(scope, "The red boat leaks", "The red boat leaks", "Rain", occurred_at=NOW - timedelta(days=3))
    for hit in _recall(scope, "does the boat leak"):
        arms = sum(share for name, share in hit.why.items() if name not in ("bm25", "cosine", "coverage"))
        assert arms == pytest.approx(hit.score, abs=2e-3)


def test_an_answer_brings_its_question_and_the_question_takes_no_place() -> None:
    scope = person()
    say(scope, "Where does your sister live?", role="assistant", session="a", occurred_at=NOW - timedelta(days=9))
    say(scope, "In Chengdu, near the zoo", session="a", occurred_at=NOW - timedelta(days=8))
    [hit] = _recall(scope, "sister near the zoo", asking=False)
    assert hit.beside is not None
    assert (hit.beside.text, hit.beside.after) == ("Where does your sister live?", False)


def test_a_question_that_also_tells_something_comes_with_its_answer() -> None:
    scope = person()
    said = "My sister has moved again. Do you know a good florist?"
    say(scope, said, session="a", occurred_at=NOW - timedelta(days=9))
    say(scope, "The one at the harbour", role="assistant", session="a", occurred_at=NOW - timedelta(days=8))
    hits = {hit.text: hit for hit in _recall(scope, "sister florist")}
    beside = hits[said].beside
    assert beside is not None
    assert (beside.text, beside.after) == ("The one at the harbour", True)


@pytest.mark.parametrize(
    "nothing", ["Congratulations!", "Ok, got it.", "I'm so sorry to hear that", "恭喜你！", "好的，知道了", "谢谢"]
)
def test_an_acknowledgement_takes_no_place(nothing: str) -> None:
    scope = person()
    say(scope, "We moved to Ulm", session="a", occurred_at=NOW - timedelta(days=9))
    say(scope, nothing, role="assistant", session="a", occurred_at=NOW - timedelta(days=8))
    assert [hit.text for hit in _recall(scope, "where did we move, congratulations 恭喜 好的 谢谢 sorry ok")] == [
        "We moved to Ulm"
    ]


def test_history_shows_everything() -> None:
    scope = person()
    say(scope, "Where is Ulm?", "Congratulations!", session="a", occurred_at=NOW - timedelta(days=9))
    found = {hit.text for hit in _recall(scope, "Ulm congratulations", history=True)}
    assert found == {"Where is Ulm?", "Congratulations!"}


def test_what_may_not_be_shown_is_not_shown_beside_either() -> None:
    scope = person()
    [asked] = say(scope, "Where do you live?", role="assistant", session="a", occurred_at=NOW - timedelta(days=9))
    say(scope, "In Chengdu, near the zoo", session="a", occurred_at=NOW - timedelta(days=8))
    assert _recall(scope, "near the zoo", exclude_ids=[asked])[0].beside is None
