"""Export and erasure of a person in the admin."""

from __future__ import annotations

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.urls import reverse

from bots.models import AuditEntry, BotAccess, Conversation, Message, Person
from memory.models import MemoryEntry
from memory.store import MemoryStore
from tests.admin.builders import (
    address,
    login,
    make_bot,
    make_channel,
    make_conversation,
    make_memory,
    make_turn,
    make_user,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("words_only"),
    pytest.mark.databases("memory"),
]


def make_life(slug: str = "ada") -> Conversation:
    conversation = make_conversation(make_channel(make_bot(slug)), f"{slug}-person")
    make_turn(conversation, text="My sister lives in Chengdu")
    make_memory(conversation)
    return conversation


def test_deleting_a_person_erases_everything_and_leaves_the_proof_and_no_name() -> None:
    person, kept = make_life().person, make_life("other")
    client = login(make_user())
    page = client.get(address(Person, "delete", person.pk))
    assert page.status_code == 200
    assert client.post(address(Person, "delete", person.pk), {"post": "yes"}).status_code == 302
    assert list(Person.objects.values_list("pk", flat=True)) == [kept.person_id]
    assert MemoryEntry.objects.count() == 1
    assert Message.objects.count() == 2
    assert list(AuditEntry.objects.order_by("id").values_list("action", "actor", "result")) == [
        ("erase", "root", "done"),
        ("erase_proof", "root", "proved"),
    ]
    assert "Person" not in str(list(LogEntry.objects.values_list("object_repr", flat=True)))


def test_people_deleted_together_are_each_proved() -> None:
    first, second = make_life("one").person, make_life("two").person
    values = {"action": "delete_selected", "_selected_action": [first.pk, second.pk], "post": "yes"}
    login(make_user()).post(address(Person, "changelist"), values)
    assert not Person.objects.exists()
    assert AuditEntry.objects.filter(action="erase_proof", result="proved").count() == 2


def test_a_deleted_memory_leaves_no_word_in_the_history() -> None:
    entry = make_memory(make_life(), "My code is 4711")
    login(make_user()).post(address(MemoryEntry, "delete", entry.pk), {"post": "yes"})
    assert not MemoryEntry.objects.filter(pk=entry.pk).exists()
    assert not LogEntry.objects.exists()
    assert AuditEntry.objects.filter(action="delete").count() == 1


def test_an_erasure_that_left_something_is_an_error_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = make_memory(make_life(), "My code is 4711")
    monkeypatch.setattr(MemoryStore, "erase", lambda *_: 1)
    response = login(make_user()).post(address(MemoryEntry, "delete", entry.pk), {"post": "yes"})
    levels = [message.level_tag for message in get_messages(response.wsgi_request)]
    assert "error" in levels
    assert AuditEntry.objects.filter(action="erase_proof", result="failed").exists()


def test_the_export_is_one_document_with_everything_of_this_person_alone() -> None:
    conversation = make_life()
    make_life("other")
    client = login(make_user())
    link = reverse("admin:bots_person_export", args=(conversation.person_id,))
    assert link in client.get(address(Person, "change", conversation.person_id)).content.decode()
    response = client.get(link)
    assert response["Content-Disposition"].startswith('attachment; filename="ada-ada-person-')
    document = json.loads(response.content)
    assert document["person"]["key"] == "ada-person"
    assert [row["external_id"] for row in document["identities"]] == ["ada-person"]
    assert [row["text"] for row in document["messages"]] == ["My sister lives in Chengdu", "Hi"]
    assert [row["text"] for row in document["memories"]] == ["My sister lives in Chengdu."]
    assert {"valid_from", "valid_to", "superseded_by_id", "sources"} <= set(document["memories"][0])
    assert "other" not in response.content.decode()
    assert AuditEntry.objects.get().counts["messages"] == 2


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 200), ("manager", 200)])
def test_exporting_needs_an_operator(role: str, status: int) -> None:
    person = make_life().person
    user = make_user("staff", superuser=False)
    BotAccess.objects.create(user=user, bot=person.bot, role=role)
    assert login(user).get(reverse("admin:bots_person_export", args=(person.pk,))).status_code == status


def test_people_of_other_bots_are_not_exported() -> None:
    mine, theirs = make_life("mine").person, make_life("theirs").person
    user = make_user("staff", superuser=False)
    BotAccess.objects.create(user=user, bot=mine.bot, role="manager")
    assert login(user).get(reverse("admin:bots_person_export", args=(theirs.pk,))).status_code == 404
