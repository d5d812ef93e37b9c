"""Every query contains the scope. Other products: "everybody's messages share one memory"."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from memory import database
from memory.embedders import current
from memory.lifecycle import merging
from memory.models import MemoryEntry
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import found, other_person, person, say, turn

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
SECRET = "My sister lives in Chengdu"


def everything_of(scope: Scope) -> str:
    """Returns the results of all reading calls for this person."""
    store = MemoryStore(scope.bot_id)
    vector = current.current().embed_queries([SECRET])[0]
    near = [entry for entry, _cosine in store.vector_index.search(scope, vector, 50)]
    return str(
        (
            store.recall(scope, SECRET, k=50, history=True, derived=50),
            store.search(scope, SECRET),
            store.get_recent_memory(scope.person_id),
            list(store.long_term_memory.rows(scope.person_id).values_list("text", flat=True)),
            list(MemoryEntry.objects.filter(pk__in=near).values_list("text", flat=True)),
        )
    )


def test_nothing_of_one_reaches_another_person_a_group_or_another_bot() -> None:
    ann = person()
    bob, group, elsewhere = other_person(ann), other_person(ann), person()
    say(ann, SECRET)
    for scope in (bob, group, elsewhere):
        say(scope, "I like boats")
    embedding_backfill.embed_waiting()
    assert "Chengdu" in everything_of(ann)
    for scope in (bob, group, elsewhere, Scope(elsewhere.bot_id, ann.person_id)):
        assert "Chengdu" not in everything_of(scope)


def test_linked_accounts_share_with_each_other_and_with_nobody_else() -> None:
    ann = person()
    anna, bob = other_person(ann), other_person(ann)
    say(ann, "I like boats")
    say(anna, SECRET)
    say(bob, "I like tea")
    merging.absorb(anna, ann)
    embedding_backfill.embed_waiting()
    assert "Chengdu" in everything_of(ann)
    assert "Chengdu" not in everything_of(bob)
    merging.give_back(ann, [anna.person_id], anna)
    assert "Chengdu" not in everything_of(ann)
    assert "Chengdu" in everything_of(anna)


def test_every_statement_on_memories_names_person_and_bot() -> None:
    ann = person()
    store = MemoryStore(ann.bot_id)
    vector = current.current().embed_queries([SECRET])[0]
    say(ann, "I like tea")
    with CaptureQueriesContext(connections[database.alias()]) as seen:
        store.remember([turn(ann, SECRET, external_id="x"), turn(ann, "ok", role="assistant", minute=1)])
        store.recall(ann, SECRET, derived=5)
        store.get_recent_memory(ann.person_id)
        store.vector_index.search(ann, vector, 5)
        store.erase(ann, [1])
        store.erase(ann)
    reads = [query["sql"] for query in seen if "memory_memoryentry" in query["sql"]]
    assert len(reads) > 5
    for sql in reads:
        if not sql.lstrip().upper().startswith("INSERT"):
            scoped = "person_id" in sql and "bot_id" in sql
            by_key = re.search(r'id["`] IN \(\d', sql)  # rows that a scoped statement found just before
            assert scoped or by_key, sql


@pytest.mark.usefixtures("words_only")
def test_a_shared_cache_keeps_people_apart(settings: Any) -> None:
    people = [person()]
    people += [other_person(people[0]) for _ in range(3)]
    for number, scope in enumerate(people):
        say(scope, f"My code is {number}000")
    for _ in range(2):  # with cold, then with warm caches
        for number, scope in enumerate(people):
            assert found(scope, "what is my code") == [f"My code is {number}000"]
