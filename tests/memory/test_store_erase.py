"""Erasure removes a memory from rows, words, vectors and caches at once."""

from __future__ import annotations

import pytest

from memory.embedders import current
from memory.models import MemoryEntry
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from tests.memory.builders import found, other_person, person, say

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_a_forgotten_person_is_gone_from_rows_words_vectors_and_caches() -> None:
    ann = person()
    bob = other_person(ann)
    say(ann, "My sister lives in Chengdu", "I like tea")
    say(bob, "I like boats")
    embedding_backfill.embed_waiting()
    store = MemoryStore(ann.bot_id)
    vector = current.current().embed_queries(["sister"])[0]
    assert store.recall(ann, "sister").hits
    assert store.get_recent_memory(ann.person_id)
    assert store.erase(ann) == 2
    assert store.recall(ann, "My sister lives in Chengdu").hits == ()
    assert store.vector_index.search(ann, vector, 5) == []
    assert store.get_recent_memory(ann.person_id) == ()
    assert not MemoryEntry.objects.for_person(ann.bot_id, ann.person_id).exists()
    assert found(bob, "boats") == ["I like boats"]


@pytest.mark.usefixtures("words_only")
def test_forgetting_one_memory_takes_its_copies_and_nothing_else() -> None:
    ann = person()
    secret = say(ann, "My code is 4711")[0]
    say(ann, "I like tea", "my code is 4711!")
    assert MemoryStore(ann.bot_id).erase(ann, [secret]) == 2
    assert found(ann, "code 4711") == ["I like tea"]


@pytest.mark.usefixtures("words_only")
def test_ids_of_another_person_are_not_forgotten() -> None:
    ann = person()
    theirs = say(other_person(ann), "I like boats")
    assert MemoryStore(ann.bot_id).erase(ann, theirs) == 0
    assert MemoryEntry.objects.filter(pk__in=theirs).exists()
