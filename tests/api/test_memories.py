"""The API searches and erases memories of a person."""

from __future__ import annotations

import pytest

from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Scope
from tests.api.builders import caller_with, make_channel, make_conversation, remember

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases("memory")]


def test_a_search_stays_inside_one_person() -> None:
    channel = make_channel()
    anna, bert = make_conversation(channel).person, make_conversation(channel).person
    wanted = remember(anna, "My sister lives in Chengdu", "I like tea")[0]
    remember(bert, "My sister lives in Berlin")
    answer = caller_with("viewer", channel.bot).get(
        "/api/v1/memories/search/", {"person": anna.pk, "q": "where does my sister live?"}
    )
    hits = answer.json()["hits"]
    assert hits[0]["id"] == wanted
    assert "Berlin" not in answer.content.decode()
    assert hits[0]["why"]


def test_a_search_in_a_person_of_another_bot_is_404() -> None:
    person = make_conversation(make_channel()).person
    client = caller_with("manager", make_channel().bot)
    assert client.get("/api/v1/memories/search/", {"person": person.pk, "q": "x"}).status_code == 404


@pytest.mark.parametrize(
    "query", [{}, {"q": "x"}, {"person": 1}, {"person": 1, "q": "x", "k": 0}, {"person": 1, "q": ""}]
)
def test_a_search_without_person_or_words_is_400(query: dict[str, object]) -> None:
    assert caller_with("viewer", make_channel().bot).get("/api/v1/memories/search/", query).status_code == 400


def test_forgetting_one_takes_its_copies_and_leaves_the_rest() -> None:
    person = make_conversation(make_channel()).person
    tea, _, cats = remember(person, "I like tea", "I like tea", "I have cats")
    client, store, scope = (
        caller_with("operator", person.bot),
        MemoryStore(person.bot_id),
        Scope(person.bot_id, person.pk),
    )
    assert "I like tea" in [hit.text for hit in store.search(scope, "tea")]
    assert client.delete(f"/api/v1/memories/{tea}/").status_code == 204
    assert list(MemoryEntry.objects.values_list("pk", flat=True)) == [cats]
    assert "I like tea" not in [hit.text for hit in store.search(scope, "tea")]


def test_forgetting_all_says_how_many_and_spares_other_people() -> None:
    channel = make_channel()
    anna, bert = make_conversation(channel).person, make_conversation(channel).person
    remember(anna, "a", "b", "c")
    kept = remember(bert, "d")
    answer = caller_with("operator", channel.bot).delete(f"/api/v1/people/{anna.pk}/memories/")
    assert answer.json() == {"deleted": 3}
    assert list(MemoryEntry.objects.values_list("pk", flat=True)) == kept
