"""After a change of the embedder the backfill makes new vectors; recall does not mix old ones in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from memory import database
from memory.embedders import current
from memory.models import EmbedderChoice, MemoryEntry
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from tests.memory.builders import found, person, say, turn
from tests.memory.embedders.embedding_server import Embeddings, embeddings_endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
Store = Callable[..., EmbedderChoice]


@pytest.fixture
def server(stored_choice: Store, impatient: None) -> Iterator[Embeddings]:
    with embeddings_endpoint() as running:
        stored_choice(kind="openai", model="old", endpoint=running.url, dimension=running.dimension)
        yield running


def change(server: Embeddings, stored_choice: Store, *, dimension: int = 16) -> None:
    server.dimension = dimension
    stored_choice(model="new", dimension=dimension)


@pytest.mark.parametrize("dimension", [16, 24])
def test_rows_of_the_former_embedder_count_as_waiting_and_are_made_anew(
    server: Embeddings, stored_choice: Store, dimension: int
) -> None:
    ann = person()
    store = MemoryStore(ann.bot_id)
    say(ann, "my sister lives in Chengdu", "tea is what I drink")
    embedding_backfill.embed_waiting()
    old = store.stats()
    change(server, stored_choice, dimension=dimension)

    assert store.stats().waiting_for_vector == embedding_backfill.waiting().count() == 2
    hits = store.recall(ann, "sister in Chengdu").hits
    assert hits[0].text == "my sister lives in Chengdu", "words find all the while"
    assert {hit.why["cosine"] for hit in hits} == {0.0}, "a vector of another space says nothing"

    assert embedding_backfill.embed_waiting() == 2
    new = store.stats()
    assert new.waiting_for_vector == 0
    assert set(new.by_embedder).isdisjoint(old.by_embedder)
    assert store.recall(ann, "sister in Chengdu").hits[0].why["cosine"] > 0.4


def test_going_back_before_it_is_done_makes_only_what_was_done(server: Embeddings, stored_choice: Store) -> None:
    ann = person()
    say(ann, *(f"note number {i}" for i in range(10)))
    embedding_backfill.embed_waiting()
    change(server, stored_choice)
    assert embedding_backfill.embed_waiting(limit=4) == 4
    assert embedding_backfill.waiting().count() == 6
    stored_choice(model="old")
    assert embedding_backfill.waiting().count() == 4
    assert embedding_backfill.embed_waiting() == 4


def test_a_label_that_begins_with_another_is_another(server: Embeddings) -> None:
    ann = person()
    label, _ = current.space()
    ids = say(ann, *(f"note {i}" for i in range(6)))
    labels = ("", label, f"{label}:query", f"{label}.1", "aaa@1", "zzz@1")
    for pk, value in zip(ids, labels, strict=True):
        MemoryEntry.objects.filter(pk=pk).update(embedder=value)
    assert set(embedding_backfill.waiting().values_list("pk", flat=True)) == {ids[0], ids[3], ids[4], ids[5]}


def test_a_question_embedded_before_the_change_is_not_stored_as_a_vector_after_it(
    server: Embeddings, stored_choice: Store
) -> None:
    ann = person()
    store = MemoryStore(ann.bot_id)
    recalled = store.recall(ann, "I like tea")
    change(server, stored_choice)
    pk = store.remember([turn(ann, "I like tea", vector=recalled.vector, embedder=recalled.embedder)])[0]
    assert MemoryEntry.objects.get(pk=pk).embedder == ""
    assert embedding_backfill.embed_waiting() == 1
    assert found(ann, "tea") == ["I like tea"]


def test_a_row_edited_while_it_is_embedded_does_not_get_the_vector_of_its_old_text(server: Embeddings) -> None:
    ann = person()
    (pk,) = say(ann, "I like tea")
    chunk = embedding_backfill._claim(lambda rows: rows)
    assert chunk is not None
    embedding_backfill._read(chunk)
    MemoryEntry.objects.filter(pk=pk).update(text="I like coffee", embedder="", claim=None, claim_until=None)
    chunk.label = current.space()[0]
    chunk.vectors = Future()
    chunk.vectors.set_result([current.current().embed_passages(chunk.texts)])
    assert embedding_backfill._store(chunk) == 0
    assert MemoryEntry.objects.get(pk=pk).embedder == ""


def test_looking_for_waiting_rows_does_not_read_those_that_are_done(server: Embeddings) -> None:
    if database.vendor() != "sqlite":
        return  # other databases scan a table of a few rows
    plan = embedding_backfill.waiting().order_by().values_list("id").explain()
    assert plan.count("memory_by_embedder") == 4, plan
    assert "SCAN" not in plan
