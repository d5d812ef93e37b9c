"""Consolidation keeps what matters. Other products: "compaction destroyed what mattered"."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from memory.consolidation import retention
from memory.consolidation.optimize import optimize
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import person, talk

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

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


def test_what_is_over_its_time_is_shown_before_it_goes_and_what_is_pinned_stays() -> None:
    ann = person()
    ids = talk(ann, *SAID, days_ago=50)
    apps.get_model("bots", "Bot").objects.filter(pk=ann.bot_id).update(retention_days=30)
    MemoryEntry.objects.update(created_at=timezone.now() - timedelta(days=50))
    MemoryEntry.objects.filter(pk=ids[1]).update(pinned=True)
    preview = retention.preview(ann.bot_id, timezone.now())
    assert (preview.days, preview.rows, preview.examples[0]) == (30, 4, SAID[0])
    assert words(ann) == list(SAID)
    optimize(ann.bot_id)
    assert words(ann) == [SAID[1]]
