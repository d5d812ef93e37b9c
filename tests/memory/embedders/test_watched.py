"""During an outage of the embedder recall uses words, the outage shows, and vectors follow later.

Other products: "embeddings down = bot down".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from bots.monitoring import readiness
from memory.embedders import choice, watched
from memory.embedders.base import Matrix
from memory.embedders.watched import Watched
from memory.errors import EmbedderResting, EmbedderUnavailable
from memory.models import EmbedderChoice, MemoryEntry
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from tests.clock import ManualClock
from tests.memory.builders import found, person, say
from tests.memory.embedders.embedding_server import Embeddings, embeddings_endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


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


class Broken:
    """An embedder that works or fails as the test says."""

    name, version, dimension, batch_size = "broken", "1", 2, 8
    error: Exception | None = None
    asked = 0

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return np.zeros((len(texts), self.dimension), np.float32)

    embed_passages = embed_queries


def test_after_the_pause_one_caller_tries_and_the_others_go_on_without() -> None:
    inner, clock = Broken(), ManualClock()
    embedder = Watched(inner, clock=clock)
    inner.error = EmbedderUnavailable("down")
    with pytest.raises(EmbedderUnavailable, match="down"):
        embedder.embed_queries(["a"])
    with pytest.raises(EmbedderResting, match="down"):
        embedder.embed_passages(["a"])
    clock.advance(watched.PAUSE_S + 1)
    inner.error = ValueError("the caller that tries has died")
    with pytest.raises(ValueError, match="died"):
        embedder.embed_queries(["a"])
    with pytest.raises(EmbedderResting, match="down"):
        embedder.embed_queries(["a"])
    clock.advance(watched.PAUSE_S + 1)
    inner.error = None
    assert embedder.embed_queries(["a"]).shape == embedder.embed_queries(["b"]).shape == (1, 2)
    assert inner.asked == 4


@pytest.mark.parametrize(("named", "pause_s"), [(None, 10.0), (1.0, 10.0), (30.0, 30.0), (600.0, 60.0)])
def test_the_pause_is_what_the_endpoint_names_within_bounds_and_never_grows(
    named: float | None, pause_s: float
) -> None:
    inner, clock = Broken(), ManualClock()
    embedder = Watched(inner, clock=clock)
    inner.error = EmbedderUnavailable("down", retry_after=named)
    for tries in (1, 2, 3):
        with pytest.raises(EmbedderUnavailable):
            embedder.embed_queries(["a"])
        clock.advance(pause_s - 0.001)
        with pytest.raises(EmbedderResting):
            embedder.embed_queries(["a"])
        clock.advance(0.002)
        assert inner.asked == tries


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
