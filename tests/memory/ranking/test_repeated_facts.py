"""A recall repeats no fact. In other products one fact fills all five lines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from memory.store import MemoryStore
from tests.memory.builders import MORNING, person, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]
FACT = "My sister lives in Chengdu"
VARIANTS = (
    FACT,
    "my sister lives in chengdu!",
    "Well, my sister lives in Chengdu.",
    "So my sister really lives in Chengdu",
    FACT,
)
OTHERS = ("My sister has a dog", "Chengdu is rainy", "My brother lives in Graz", "The lease ends in June")


def test_the_same_fact_five_times_is_recalled_once() -> None:
    scope = person()
    for day, text in enumerate(VARIANTS):
        say(scope, text, occurred_at=MORNING - timedelta(days=10 - day), session=f"day {day}")
    say(scope, *OTHERS, session="other")
    hits = MemoryStore(scope.bot_id).recall(scope, "where does my sister live", k=5).hits
    assert [hit.text in VARIANTS for hit in hits].count(True) == 1
    assert hits[0].seen == 5
    assert {hit.text for hit in hits[1:]} == set(OTHERS)


def test_the_same_fact_by_another_side_or_about_another_day_is_another_fact() -> None:
    scope = person()
    say(scope, "I paid the rent yesterday", occurred_at=MORNING)
    say(scope, "I paid the rent yesterday", occurred_at=MORNING + timedelta(days=30), session="s2")
    say(scope, "I paid the rent yesterday", role="assistant", occurred_at=MORNING, session="s3")
    assert len(MemoryStore(scope.bot_id).recall(scope, "who paid the rent").hits) == 3
