"""Export, erasure and pins through the API."""

from __future__ import annotations

import pytest

from bots.models import AuditEntry, Message, Person
from memory.models import MemoryEntry
from tests.api.builders import caller_with, make_channel, make_conversation, make_message, remember

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("words_only"),
    pytest.mark.databases("memory"),
]


def make_person() -> Person:
    conversation = make_conversation(make_channel())
    make_message(conversation, "My sister lives in Chengdu", person=conversation.person)
    remember(conversation.person, "My sister lives in Chengdu")
    return conversation.person


def test_an_operator_exports_a_person() -> None:
    person = make_person()
    answer = caller_with("operator", person.bot).get(f"/api/v1/people/{person.pk}/export/")
    document = answer.json()
    assert document["person"]["key"] == person.key
    assert [row["text"] for row in document["messages"]] == ["My sister lives in Chengdu"]
    assert [row["text"] for row in document["memories"]] == ["My sister lives in Chengdu"]
    assert AuditEntry.objects.get().action == "export"


def test_a_manager_erases_a_person_and_is_told_what_is_still_found() -> None:
    person = make_person()
    answer = caller_with("manager", person.bot).delete(f"/api/v1/people/{person.pk}/")
    assert answer.status_code == 200
    assert answer.json()["deleted"]["messages"] == 1
    assert answer.json()["found"]["by_words"] == {"asked": 1, "found": 0}
    assert not (Person.objects.exists())
    assert not (Message.objects.exists())
    assert not (MemoryEntry.objects.exists())


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [("viewer", "get", "export/"), ("operator", "delete", ""), ("viewer", "delete", "memories/")],
)
def test_a_role_that_is_too_low_is_refused(role: str, method: str, path: str) -> None:
    person = make_person()
    client = caller_with(role, person.bot)
    assert getattr(client, method)(f"/api/v1/people/{person.pk}/{path}").status_code == 403
    assert MemoryEntry.objects.count() == 1


def test_a_memory_is_pinned_and_nothing_else_of_it_changes() -> None:
    person = make_person()
    entry = MemoryEntry.objects.get()
    client = caller_with("operator", person.bot)
    answer = client.patch(f"/api/v1/memories/{entry.pk}/", {"pinned": True, "text": "forged"}, format="json")
    assert (answer.status_code, answer.json()["pinned"]) == (200, True)
    entry.refresh_from_db()
    assert (entry.pinned, entry.text) == (True, "My sister lives in Chengdu")
    assert AuditEntry.objects.get().action == "pin"
    viewer = caller_with("viewer", person.bot)
    assert viewer.patch(f"/api/v1/memories/{entry.pk}/", {"pinned": False}, format="json").status_code == 403
