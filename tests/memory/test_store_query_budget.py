"""Query budgets of recall and remember, which run for every message."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from memory.store import MemoryStore
from tests.memory.builders import MORNING, found, person, say, turn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def test_remembering_a_turn_and_its_answer_costs_two_queries(memory_queries: Any) -> None:
    ann = person()
    store = MemoryStore(ann.bot_id)
    with memory_queries(2):
        store.remember([turn(ann, "hello"), turn(ann, "hi there", minute=1, role="assistant")])


def test_a_recall_costs_one_query_and_a_second_one_after_a_write(memory_queries: Any) -> None:
    ann = person()
    say(ann, "I like tea", "I like boats")
    found(ann, "tea")
    with memory_queries(1):
        found(ann, "tea")
    say(ann, "I like bread", occurred_at=MORNING + timedelta(hours=1))
    with memory_queries(2):
        assert "I like bread" in found(ann, "bread")
    say(
        ann, "I like tea", occurred_at=MORNING + timedelta(hours=2)
    )  # a copy raises a counter and must not cause a full reload
    with memory_queries(2):
        found(ann, "tea")


def test_what_is_remembered_last_of_a_person_costs_one_query(memory_queries: Any) -> None:
    ann = person()
    say(ann, "I like tea")
    store = MemoryStore(ann.bot_id)
    with memory_queries(1):
        store.get_recent_memory(ann.person_id)
