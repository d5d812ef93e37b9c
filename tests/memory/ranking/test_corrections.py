"""A recalled line never comes without what corrects it, whatever the words of the correction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from memory.indexes import build, large
from memory.store import MemoryStore
from memory.types import Hit, Scope
from tests.memory.builders import other_person, person, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only")]
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def told(scope: Scope, text: str, days: float, **fields: object) -> int:
    values = {"session": f"day {days}", "occurred_at": NOW - timedelta(days=days)} | fields
    return say(scope, text, **values)[0]


def chatter(scope: Scope, turns: int) -> None:
    """Small talk of a year, with the words of the questions in it."""
    for number in range(turns):
        text = f"On day {number} the work at the market was slow and the employer of nobody called {number}"
        told(scope, text, 300 * (1 - number / turns), session=f"chatter {number // 10}")


def recalled(scope: Scope, question: str, k: int = 8) -> list[Hit]:
    return list(MemoryStore(scope.bot_id).recall(scope, question, k=k, now=NOW).hits)


PAIRS = [
    ("I live in Munich with my cat", "We moved to Berlin, finally unpacked", "Which city do I live in?"),
    ("I work at Siemens", "I handed in my notice and start at Bosch", "Who is my employer?"),
    ("My dog is called Rex", "Rex died on Sunday", "What is my dog called?"),
    ("I'm vegetarian", "I started eating meat again", "What should I cook for dinner?"),
    ("My girlfriend Julia loves tulips", "Julia and I broke up", "Which flowers for my girlfriend?"),
    ("We fly to Crete in May", "The Crete holiday is cancelled", "When do we fly to Crete?"),
    ("The graduation is on May 29", "Correction: the graduation is on June 5", "When is the graduation?"),
    ("我住在成都", "我们上周搬到杭州了", "我住在哪个城市？"),
    ("我在腾讯上班", "我上个月离职了", "我在哪家公司上班？"),
    ("我女朋友叫小丽，她喜欢百合花", "我和小丽分手了", "情人节送女朋友什么花？"),
    ("我讨厌香菜", "我现在不讨厌香菜了", "我讨厌什么菜？"),
    ("和客户的会议在周一", "和客户的会议改到周四了", "客户会议什么时候？"),
]


@pytest.mark.parametrize(("old", "new", "question"), PAIRS)
@pytest.mark.parametrize("noise", [0, 60])
def test_a_correction_comes_with_what_it_corrects_and_before_it(old: str, new: str, question: str, noise: int) -> None:
    ann = person()
    first = told(ann, old, 200)
    chatter(ann, noise)
    second = told(ann, new, 9)
    hits = recalled(ann, question)
    order = [hit.id for hit in hits]
    assert order.index(second) < order.index(first)
    assert {hit.id: hit.corrected_by for hit in hits}[first] == second


def test_in_a_thousand_turns_too() -> None:
    ann = person()
    first = told(ann, "I work at Siemens", 290)
    chatter(ann, 1000)
    second = told(ann, "They laid me off", 9)
    order = [hit.id for hit in recalled(ann, "Do I still work at Siemens?")]
    assert order.index(second) < order.index(first)


@pytest.mark.django_db(transaction=True)  # MariaDB's index finds what is committed
def test_through_the_indexes_of_a_large_memory(small_is_large: None) -> None:
    ann = person()
    first = told(ann, "I work at Siemens", 290)
    chatter(ann, 40)
    second = told(ann, "They laid me off", 9)
    chatter(ann, 40)
    assert build.build(ann)
    assert large.known(ann)[0] is not None
    order = [hit.id for hit in recalled(ann, "Do I still work at Siemens?")]
    assert order.index(second) < order.index(first)


@pytest.mark.parametrize(
    ("old", "new", "question"),
    [
        ("I live in Bonn", "My sister moved to Naples", "Where do I live?"),  # somebody else
        ("我住在武汉", "我姐姐搬到厦门了", "我住哪里？"),
        ("I live in Bonn", "I live in Bonn, near the park", "Where do I live?"),  # the same again
        ("I use the async runtime for the pool", "Do not forget to feed the fish", "Which runtime for the pool?"),
        ("My dog is called Rex", "My phone died", "What is my dog called?"),
        ("I work at Siemens", "The bakery near work is closed now", "Where do I work?"),
    ],
)
def test_what_is_about_something_else_corrects_nothing(old: str, new: str, question: str) -> None:
    ann = person()
    told(ann, old, 90)
    told(ann, new, 9)
    assert [hit.corrected_by for hit in recalled(ann, question)] == [None] * 2


def test_what_was_said_before_or_by_another_person_corrects_nothing() -> None:
    ann = person()
    ben = other_person(ann)
    told(ann, "We moved to Berlin", 300)
    told(ann, "I live in Munich", 9)
    told(ben, "We moved to Paris", 3)
    assert {hit.text: hit.corrected_by for hit in recalled(ann, "Where do I live?")}["I live in Munich"] is None


def test_a_correction_takes_the_place_of_the_last_hit() -> None:
    ann = person()
    told(ann, "I live in Munich", 200)
    for number in range(5):
        told(ann, f"In Munich I live beside tram {number}", 150 - number)
    told(ann, "We moved to Berlin", 9)
    hits = recalled(ann, "Munich live", k=3)
    assert len(hits) == 3
    assert hits[0].text == "We moved to Berlin"
