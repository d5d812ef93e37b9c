"""The backfill makes each vector once, in batches, after the commit."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest
from celery import current_app
from django.utils import timezone

from memory import database
from memory.embedders import current
from memory.models import MemoryEntry
from memory.storage import embedding_backfill, wakeups
from memory.storage.rows import pack, unpack
from memory.store import MemoryStore
from tests.memory.builders import person, say, turn
from tests.threads import at_once

pytestmark = pytest.mark.databases


@pytest.mark.django_db
def test_one_embedding_serves_as_query_and_as_stored_turn() -> None:
    ann = person()
    store = MemoryStore(ann.bot_id)
    vector = store.recall(ann, "My sister lives in Chengdu").vector
    assert vector is not None
    entry = MemoryEntry.objects.get(pk=store.remember([turn(ann, "My sister lives in Chengdu", vector=vector)])[0])
    assert entry.embedder == current.query_label(current.current())
    assert float(unpack(bytes(entry.vector or b"")) @ vector) == pytest.approx(1, abs=1e-3)
    assert embedding_backfill.embed_waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_rows_and_do_none_twice() -> None:
    ann = person()
    say(ann, *(f"note {i} about cats and dogs" for i in range(100)))
    reports: list[int] = []

    work = partial(embedding_backfill.embed_waiting, report=reports.append)
    done = at_once(work, work)
    assert sum(done) == sum(reports) == 100
    assert not MemoryEntry.objects.waiting_for_vector().exists()


@pytest.mark.django_db
def test_a_row_that_another_worker_holds_is_left_alone() -> None:
    ann = person()
    say(ann, "I like tea")
    assert embedding_backfill._claim(lambda rows: rows) is not None
    assert embedding_backfill.embed_waiting() == 0


@pytest.mark.django_db
def test_the_rows_of_a_killed_worker_are_free_again_when_its_lease_is_over() -> None:
    ann = person()
    say(ann, "I like tea")
    embedding_backfill._claim(lambda rows: rows)
    MemoryEntry.objects.for_bot(ann.bot_id).update(claim_until=timezone.now() - timedelta(seconds=1))
    assert embedding_backfill.embed_waiting() == 1


@pytest.mark.django_db
def test_copies_get_no_vector() -> None:
    ann = person()
    say(ann, "I like tea", "I like tea")
    assert embedding_backfill.embed_waiting() == 1


def test_every_task_name_sent_is_registered() -> None:
    current_app.loader.import_default_modules()
    assert set(wakeups.TASK_NAMES) <= set(current_app.tasks)


@pytest.mark.django_db
def test_a_burst_of_turns_asks_for_vectors_once_and_only_after_the_commit(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: sent.append(name))
    ann = person()
    with django_capture_on_commit_callbacks(using=database.alias(), execute=True) as callbacks:
        for i in range(5):
            say(ann, f"note {i}")
        assert sent == []
    assert len(callbacks) == 5
    assert sent == ["memory.embed_pending"]


def test_packing_a_vector_keeps_it() -> None:
    vector = np.random.default_rng(1).standard_normal(384).astype(np.float32)
    vector /= np.linalg.norm(vector)
    assert len(pack(vector)) == 768
    assert float(unpack(pack(vector)) @ vector) == pytest.approx(1, abs=1e-3)


def test_a_repeated_question_is_not_embedded_again() -> None:
    calls: list[list[str]] = []

    class Counting:
        name, version, dimension, batch_size = "counting", "1", 2, 8

        def embed_queries(self, texts: Any) -> Any:
            calls.append(list(texts))
            return np.ones((len(texts), 2), np.float32)

        embed_passages = embed_queries

    cached = current.CachedQueries(Counting(), size=2)
    for text in ("a", "a", "b", "a", "c", "a", "b"):
        assert cached.embed_queries([text]).shape == (1, 2)
    assert calls == [["a"], ["b"], ["c"], ["b"]]
