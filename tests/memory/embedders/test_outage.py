"""Complaint elsewhere: "embeddings down = bot down". Here words still find, it shows, and vectors come later."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bots.monitoring import readiness
from memory.embedders import choice, watched
from memory.models import EmbedderChoice, MemoryEntry
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from tests.memory.builders import found, person, say
from tests.memory.embedders.embedding_server import Embeddings, embeddings_endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(stored_choice: Callable[..., EmbedderChoice], impatient: None) -> Iterator[Embeddings]:
    with embeddings_endpoint() as running:
        stored_choice(kind="openai", model="m", endpoint=running.url, dimension=running.dimension)
        yield running


def test_an_outage_leaves_recall_by_words_and_everything_is_caught_up_afterwards(server: Embeddings) -> None:
    ann = person()
    store = MemoryStore(ann.bot_id)
    say(ann, "my sister lives in Chengdu", "tea is what I drink")
    assert embedding_backfill.embed_waiting() == 2
    assert not store.recall(ann, "sister").degraded

    server.status = 503
    say(ann, "the dog is called Rex")
    assert embedding_backfill.embed_waiting() == 0
    down = store.recall(ann, "what is the dog called")
    assert down.hits[0].text == "the dog is called Rex"
    assert down.degraded
    assert (down.vector, down.embedder) == (None, "")
    assert store.stats().waiting_for_vector == 1

    server.status = 200
    assert embedding_backfill.embed_waiting() == 1
    back = store.recall(ann, "what is the dog called")
    assert not back.degraded
    assert back.hits[0].why["cosine"] > 0.5
    assert store.stats().waiting_for_vector == 0


def test_an_outage_shows_on_the_row_and_in_readyz_and_so_does_its_end(server: Embeddings) -> None:
    ann = person()
    server.status = 503
    say(ann, "the dog is called Rex")
    embedding_backfill.embed_waiting()
    row = choice.stored()
    assert row is not None
    assert row.failing
    assert "status 503" in row.last_error
    part = readiness.check()["index"]
    assert part.ready, "recall by words works: the product is ready"
    assert "degraded" in part.note
    assert "1 memories wait" in part.note

    server.status = 200
    embedding_backfill.embed_waiting()
    row.refresh_from_db()
    assert not row.failing
    assert readiness.check()["index"].note == "complete"


def test_nobody_waits_again_for_an_endpoint_that_just_failed(
    server: Embeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "PAUSE_S", 60.0)
    ann = person()
    say(ann, "the dog is called Rex")
    server.status = 503
    assert found(ann, "first question about the dog") == ["the dog is called Rex"]
    asked = len(server.batches)
    for number in range(5):
        assert found(ann, f"question {number} about the dog") == ["the dog is called Rex"]
    assert len(server.batches) == asked


def test_after_the_pause_one_caller_tries_and_the_others_go_on_without() -> None:
    now = [0.0]
    pause = watched.Pause(lambda: now[0])
    pause.failed(watched.EmbedderUnavailable("down"))
    with pytest.raises(watched.EmbedderUnavailable, match="down"):
        pause.check()
    now[0] = watched.PAUSE_S + 1
    pause.check()
    with pytest.raises(watched.EmbedderUnavailable, match="down"):
        pause.check()
    pause.succeeded()
    pause.check()


def test_an_outage_in_the_middle_keeps_what_was_made_and_frees_the_rest(server: Embeddings) -> None:
    ann = person()
    say(ann, *(f"note number {i}" for i in range(300)))
    report: list[int] = []

    def fail_after_the_first(count: int) -> None:
        report.append(count)
        server.status = 503

    made = embedding_backfill.embed_waiting(report=fail_after_the_first)
    assert 0 < made < 300
    assert MemoryEntry.objects.exclude(claim=None).count() == 0, "no row waits for a lease to run out"
    server.status = 200
    assert made + embedding_backfill.embed_waiting() == 300
