"""A recall checks its caches against the rows and so sees writes of other processes."""

from __future__ import annotations

import pytest

from memory import database
from memory.models import MemoryEntry
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from tests.memory.builders import found, person, say, turn
from tests.threads import on_another_connection

pytestmark = pytest.mark.databases


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("words_only")
def test_what_another_connection_writes_and_deletes_is_seen_at_once() -> None:
    ann = person()
    say(ann, "I like tea")
    assert found(ann, "tea") == ["I like tea"]
    on_another_connection(lambda: say(ann, "I grow tea"))
    assert sorted(found(ann, "tea")) == ["I grow tea", "I like tea"]
    on_another_connection(
        lambda: MemoryEntry.objects.for_person(ann.bot_id, ann.person_id).filter(text="I like tea").delete()
    )
    assert found(ann, "tea") == ["I grow tea"]
    assert [t.text for t in MemoryStore(ann.bot_id).get_recent_memory(ann.person_id)] == ["I grow tea"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("words_only")
def test_what_was_rolled_back_is_forgotten_even_if_its_id_is_used_again() -> None:
    ann = person()
    say(ann, "I like tea")
    try:
        with database.atomic():
            say(ann, "I hate tea")
            assert len(found(ann, "tea")) == 2
            raise LookupError
    except LookupError:
        pass
    say(ann, "I sell tea")
    assert sorted(found(ann, "tea")) == ["I like tea", "I sell tea"]


@pytest.mark.django_db
def test_vectors_that_arrive_later_are_used() -> None:
    ann = person()
    say(ann, "我姐姐住在成都", "I like tea")
    store = MemoryStore(ann.bot_id)
    assert [hit.why["cosine"] for hit in store.recall(ann, "my sister").hits] == [0, 0]
    embedding_backfill.embed_waiting()
    first, second = store.recall(ann, "my sister").hits
    assert first.text == "我姐姐住在成都"
    assert min(first.why["cosine"], second.why["cosine"]) > 0.5


@pytest.mark.django_db
@pytest.mark.usefixtures("words_only")
def test_a_turn_older_than_those_known_takes_its_place_in_the_session() -> None:
    ann = person()
    store = MemoryStore(ann.bot_id)
    store.remember([turn(ann, "second thought on tea", minute=5)])
    assert found(ann, "tea") == ["second thought on tea"]
    store.remember([turn(ann, "first thought on tea", minute=1)])
    assert sorted(found(ann, "tea")) == ["first thought on tea", "second thought on tea"]
    assert [t.text for t in store.get_recent_memory(ann.person_id)] == ["first thought on tea", "second thought on tea"]


@pytest.mark.django_db
@pytest.mark.usefixtures("words_only")
def test_recent_memory_is_the_last_hundred_turns_oldest_first() -> None:
    ann = person()
    say(ann, *(f"turn {i}" for i in range(105)))
    recent = MemoryStore(ann.bot_id).get_recent_memory(ann.person_id)
    assert [t.text for t in recent] == [f"turn {i}" for i in range(5, 105)]
