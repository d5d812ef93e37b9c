"""Complaint: "compaction destroyed what mattered"."""

from __future__ import annotations

import pytest

from memory.consolidation.optimize import optimize
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import person, talk

pytestmark = pytest.mark.django_db

SAID = (
    "I like green tea with lemon",
    "My locker code at the gym is 4711",
    "The landlord wants the keys back on Friday",
    "I really like green tea with lemon",
    "The spare key is under the blue pot",
)


def words(scope: Scope) -> list[str]:
    rows = MemoryEntry.objects.for_person(scope.bot_id, scope.person_id).turns()
    return list(rows.order_by("id").values_list("text", flat=True))


def test_compaction_deletes_no_word_that_was_said() -> None:
    ann = person()
    talk(ann, *SAID)
    for _ in range(3):
        optimize(ann.bot_id)
    optimize(ann.bot_id, rebuild=True)
    assert words(ann) == list(SAID)


def test_what_was_recalled_before_compaction_is_recalled_after_it() -> None:
    ann = person()
    talk(ann, *SAID)
    store = MemoryStore(ann.bot_id)
    questions = ("what is my locker code?", "where is the spare key?", "what does the landlord want?")
    before = [store.recall(ann, question).hits[0].text for question in questions]
    optimize(ann.bot_id)
    assert [store.recall(ann, question).hits[0].text for question in questions] == before
    with_archive = store.recall(ann, "green tea", k=20, history=True).hits
    assert {hit.text for hit in with_archive} == set(SAID)
