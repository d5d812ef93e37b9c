"""A memory belongs to one person of one bot; no other scope reads it."""

from __future__ import annotations

import pytest

from memory.embedders import current
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import found, other_person, person, say, turn

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.mark.usefixtures("words_only")
def test_two_people_of_a_bot_never_see_each_others_words() -> None:
    ann = person()
    bob = other_person(ann)
    say(ann, "My sister lives in Chengdu")
    say(bob, "My sister lives in Oslo")
    assert found(ann, "where does my sister live") == ["My sister lives in Chengdu"]
    assert found(bob, "where does my sister live") == ["My sister lives in Oslo"]


def test_two_people_of_a_bot_never_see_each_others_vectors() -> None:
    ann = person()
    bob = other_person(ann)
    say(ann, "My sister lives in Chengdu")
    say(bob, "I collect old stamps")
    embedding_backfill.embed_waiting()
    store = MemoryStore(bob.bot_id)
    recalled = store.recall(bob, "My sister lives in Chengdu")
    assert [hit.text for hit in recalled.hits] == ["I collect old stamps"]
    assert recalled.hits[0].why["cosine"] < 0.9
    vector = current.current().embed_passages(["My sister lives in Chengdu"])[0]
    mine = {hit.id for hit in recalled.hits}
    assert {entry for entry, _ in store.vector_index.search(bob, vector, 10)} == mine


@pytest.mark.usefixtures("words_only")
def test_the_same_person_id_under_another_bot_finds_nothing() -> None:
    ann = person()
    other_bot = person().bot_id
    say(ann, "My sister lives in Chengdu")
    assert found(Scope(other_bot, ann.person_id), "sister") == []
    assert MemoryStore(other_bot).get_recent_memory(ann.person_id) == ()


def test_a_store_refuses_the_scope_and_the_turns_of_another_bot() -> None:
    ann = person()
    elsewhere = MemoryStore(person().bot_id)
    with pytest.raises(ValueError, match="bot"):
        elsewhere.recall(ann, "sister")
    with pytest.raises(ValueError, match="bot"):
        elsewhere.remember([turn(ann, "My sister lives in Chengdu")])
    with pytest.raises(ValueError, match="bot"):
        elsewhere.erase(ann)
