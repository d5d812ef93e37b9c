"""Every change of a message invalidates the copies of other processes."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from bots.models import Conversation, Message, Person
from tests.builders import make_channel, make_conversation

ROOT = Path(__file__).resolve().parents[2]
TABLE = Message._meta.db_table
# Turns of one chat run one after the other, so these functions may insert without a renewal.
INSERTED_BY_TURNS = {("dispatch", "store_messages"), ("dispatch", "_enqueue_answer")}


@pytest.fixture
def message() -> Message:
    conversation = make_conversation(make_channel(), chat_type="group")
    return Message.objects.create(conversation=conversation, person=conversation.person, role="user", text="hello")


def other_person(message: Message) -> Person:
    return Person.objects.create(bot=message.conversation.bot)


def renamed(message: Message, name: str) -> Person:
    assert message.person is not None
    message.person.display_name = name
    return message.person


CHANGES: dict[str, Callable[[Message], Any]] = {
    "create": lambda m: Message.objects.create(conversation=m.conversation, role="user", text="one more"),
    "create through the conversation": lambda m: m.conversation.messages.create(role="user", text="one more"),
    "save": lambda m: m.save(),
    "delete": lambda m: m.delete(),
    "update of the text": lambda m: Message.objects.filter(pk=m.pk).update(text="hi"),
    "update through the conversation": lambda m: m.conversation.messages.update(forgotten=True),
    "update of the person": lambda m: Message.objects.filter(person=m.person).update(person=other_person(m)),
    "update in bulk": lambda m: Message.objects.bulk_update([m], ["text"]),
    "delete of many": lambda m: Message.objects.filter(conversation__bot=m.conversation.bot).delete(),
    "a new name": lambda m: Person.objects.filter(pk=m.person_id).update(display_name="Ann"),
    "a new name of a row": lambda m: renamed(m, "Ann").save(),
    "a new name alone": lambda m: renamed(m, "Ann").save(update_fields=["display_name"]),
}


@pytest.mark.django_db
@pytest.mark.parametrize("ahead", [timedelta(days=-1), timedelta(days=1)], ids=["late clock", "early clock"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_makes_last_message_at_later(change: str, ahead: timedelta, message: Message) -> None:
    before = timezone.now() + ahead
    Conversation.objects.update(last_message_at=before)
    CHANGES[change](message)
    assert Conversation.objects.get().last_message_at > before


@pytest.mark.django_db
def test_what_the_prompt_does_not_show_renews_nothing(message: Message) -> None:
    before = Conversation.objects.get().last_message_at
    Message.objects.filter(pk=message.pk).update(platform_message_id="77")
    Person.objects.filter(pk=message.person_id).update(language="en")
    assert Conversation.objects.get().last_message_at == before


@pytest.mark.django_db
def test_a_change_that_is_rolled_back_renews_nothing(message: Message) -> None:
    before = Conversation.objects.get().last_message_at
    with transaction.atomic():
        Message.objects.filter(pk=message.pk).update(text="hi")
        transaction.set_rollback(True)
    assert Conversation.objects.get().last_message_at == before


@pytest.mark.django_db
def test_each_renewal_is_another_one(message: Message) -> None:
    moment = timezone.now() + timedelta(hours=1)
    seen = set()
    for at in (None, moment, moment, None, moment - timedelta(days=1)):
        with transaction.atomic():
            Conversation.objects.all().renew(at)
        seen.add(Conversation.objects.get().last_message_at)
    assert len(seen) == 5


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.Module]]:
    for path in sorted((ROOT / "bots").rglob("*.py")):
        if "migrations" not in path.parts:
            tree = ast.parse(path.read_text("utf8"))
            yield from ((path, node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Module))


def calls(node: ast.AST, name: str) -> bool:
    return any(isinstance(one, ast.Call) and ast.unparse(one.func).endswith(name) for one in ast.walk(node))


def test_only_turns_insert_messages_without_renewing() -> None:
    found = {
        (path.parent.name, node.name)
        for path, node in functions()
        if isinstance(node, ast.FunctionDef)
        and calls(node, "sql.insert")
        and re.search(r"\bMessage\(", ast.unparse(node))
    }
    assert found == INSERTED_BY_TURNS


def test_nothing_writes_messages_past_their_queryset() -> None:
    """Looks for SQL of the product and for methods that skip `MessageQuerySet.update`, `delete` and `Message.save`."""
    past = re.compile(r"\bMessage\._base_manager|\bMessage\.objects.*\.(bulk_create|_raw_delete|_update)\b")
    written = re.compile(rf"(INSERT INTO|UPDATE|DELETE FROM) ({TABLE}\b|\{{(Message|_MESSAGE)\b)")
    assert past.search("Message.objects.bulk_create([])")
    assert all(
        map(written.search, (f"UPDATE {TABLE} SET", "UPDATE {_MESSAGE} SET", "DELETE FROM {Message._meta.db_table}"))
    )
    sources = [(path, ast.unparse(node)) for path, node in functions() if isinstance(node, ast.Module)]
    assert len(sources) > 200
    assert [path.name for path, source in sources if past.search(source) or written.search(source)] == []
