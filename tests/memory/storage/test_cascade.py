"""Deleting a person or bot deletes the memories, in one database or two; deleting a transcript does not."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, transaction

from memory import database
from memory.models import MemoryEntry
from memory.storage import cascade, orphans
from memory.types import Scope
from tests.memory.builders import other_person, person, say

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def model(name: str) -> Any:
    return apps.get_model("bots", name).objects


def conversation(scope: Scope) -> Any:
    bot = apps.get_model("bots", "Bot").objects.get(pk=scope.bot_id)
    channel = model("Channel").create(bot=bot, platform="web", name="web")
    return model("Conversation").create(bot=bot, channel=channel, person_id=scope.person_id, chat_id="1")


def told_in(talk: Any, scope: Scope, text: str) -> tuple[Any, MemoryEntry]:
    message = model("Message").create(conversation=talk, person_id=scope.person_id, role="user", text=text)
    (pk,) = say(scope, text, conversation_id=talk.pk, message_id=message.pk)
    return message, MemoryEntry.objects.get(pk=pk)


def test_a_deleted_person_is_forgotten_and_nobody_else_is() -> None:
    scope = person()
    other = other_person(scope)
    say(scope, "my cat is Tom", "my dog is Rex")
    say(other, "my bird is Coco")
    model("Person").get(pk=scope.person_id).delete()
    assert [entry.text for entry in MemoryEntry.objects.all()] == ["my bird is Coco"]


def test_a_deleted_bot_forgets_everybody() -> None:
    scope, elsewhere = person(), person()
    say(scope, "one")
    say(other_person(scope), "two")
    say(elsewhere, "three")
    model("Bot").get(pk=scope.bot_id).delete()
    assert [entry.text for entry in MemoryEntry.objects.all()] == ["three"]


def test_several_bots_deleted_at_once_forget_everybody() -> None:
    scopes = [person(), person()]
    for scope in scopes:
        say(scope, "something")
    model("Bot").filter(pk__in=[scope.bot_id for scope in scopes]).delete()
    assert not MemoryEntry.objects.exists()


def test_a_deleted_conversation_leaves_its_memories_without_it() -> None:
    scope = person()
    talk = conversation(scope)
    _message, entry = told_in(talk, scope, "my cat is Tom")
    before = entry.stamp
    talk.delete()
    entry.refresh_from_db()
    assert (entry.conversation_id, entry.message_id, entry.text) == (None, None, "my cat is Tom")
    assert entry.stamp != before, "caches of other processes must learn of it"


def test_a_deleted_message_leaves_its_memory_in_the_conversation() -> None:
    scope = person()
    talk = conversation(scope)
    message, entry = told_in(talk, scope, "my cat is Tom")
    message.delete()
    entry.refresh_from_db()
    assert (entry.conversation_id, entry.message_id) == (talk.pk, None)


def test_a_deletion_that_is_rolled_back_forgets_nothing() -> None:
    scope = person()
    say(scope, "my cat is Tom")
    with transaction.atomic():
        model("Person").get(pk=scope.person_id).delete()
        transaction.set_rollback(True)
    assert MemoryEntry.objects.count() == 1


def test_the_sweep_finishes_what_a_crash_left_of_a_deletion() -> None:
    scope = person()
    other = other_person(scope)
    talk = conversation(scope)
    told_in(talk, scope, "my cat is Tom")
    told_in(conversation(other), other, "my dog is Rex")
    gone = Scope(scope.bot_id, scope.person_id + 1000)
    say(gone, "a ghost")
    say(scope, "about a lost talk", conversation_id=talk.pk + 1000)
    assert orphans.sweep() == 2
    texts = {entry.text: entry.conversation_id for entry in MemoryEntry.objects.order_by("id")}
    assert set(texts) == {"my cat is Tom", "my dog is Rex", "about a lost talk"}
    assert texts["about a lost talk"] is None
    assert texts["my cat is Tom"] == talk.pk
    assert orphans.sweep() == 0


def test_the_sweep_reads_long_lists_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "_CHUNK", 2)
    scope = person()
    for number in range(5):
        say(Scope(scope.bot_id, scope.person_id + 1000 + number), "a ghost")
    say(scope, "somebody")
    assert orphans.sweep() == 5
    assert MemoryEntry.objects.get().text == "somebody"


def test_every_reference_out_of_the_memory_may_cross_databases() -> None:
    """No foreign key or cascade of Django may guard a reference: it breaks with a separate memory database."""
    for owner, field in cascade.references():
        place = f"{owner.__name__}.{field.name}"
        assert field.remote_field.on_delete.__name__ == "DO_NOTHING", f"{place}: on_delete=models.DO_NOTHING"
        assert field.db_constraint is False, f"{place}: db_constraint=False"


def test_memories_lie_where_the_settings_say() -> None:
    assert MemoryEntry.objects.db == database.alias()
    assert apps.get_model("bots", "Bot").objects.db == DEFAULT_DB_ALIAS
