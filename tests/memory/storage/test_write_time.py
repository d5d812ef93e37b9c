"""A write is one insert; vectors follow in batches. Other products: "a write takes 4 to 20 s"."""

from __future__ import annotations

import statistics
import time
from typing import Any

import pytest

from memory.embedders import current
from memory.errors import EmbedderUnavailable
from memory.models import MemoryEntry
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from tests.memory.builders import found, person, say, turn

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_a_turn_and_its_answer_cost_two_statements_and_one_of_them_is_the_insert(
    memory_queries: Any,
) -> None:
    ann = person()
    say(ann, *(f"something about number {number}" for number in range(200)))
    store = MemoryStore(ann.bot_id)
    pair = [turn(ann, "My sister lives in Chengdu"), turn(ann, "I see", role="assistant", minute=1)]
    with memory_queries(2) as seen:
        store.remember(pair)
    inserts = [query["sql"] for query in seen if query["sql"].startswith("INSERT")]
    assert len(inserts) == 1


def test_a_write_waits_for_no_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def down() -> None:
        asked.append(1)
        raise EmbedderUnavailable("down")

    ann = person()
    monkeypatch.setattr(current, "current", down)
    say(ann, "My sister lives in Chengdu")
    assert not asked
    assert found(ann, "sister") == ["My sister lives in Chengdu"]
    assert MemoryEntry.objects.waiting_for_vector().count() == 1
    monkeypatch.undo()
    assert embedding_backfill.embed_waiting() == 1


@pytest.mark.usefixtures("words_only")
def test_a_write_takes_less_than_the_quickest_one_elsewhere() -> None:
    ann = person()
    took = []
    for number in range(100):
        started = time.perf_counter()
        say(ann, f"this is thought number {number}")
        took.append(time.perf_counter() - started)
    assert statistics.median(took) < 4.0  # a busy machine can delay one of them
