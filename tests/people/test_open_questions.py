"""What a person told an open flow is exported with them, and deleted with them."""

from __future__ import annotations

import json

import pytest

from bots.models import Conversation, DialogTimer, Person
from bots.people import audit_log, erasure, export
from tests.peers import StubModel
from tests.pipeline.engine.dialog.flows import Chat, make_chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


@pytest.fixture
def chat(model: StubModel) -> Chat:
    made = make_chat("Table", "Fruit")
    for text in ("book a table", "2030-12-05"):
        made.say(text)
    for _try in range(5):
        made.say("some")  # sets it aside
    made.say("fruit")
    made.say("pear")
    return made


def test_the_values_are_in_the_export(chat: Chat) -> None:
    document = json.loads(export.document(Person.objects.get(), audit_log.COMMAND))
    (conversation,) = document["conversations"]
    assert conversation["state_data"]["frames"][0]["slots"] == {"kind": "pear"}
    slots = [row["frame"].get("slots") for row in document["open_questions"]]
    assert {"day": "2030-12-05"} in slots


def test_an_erasure_of_the_memories_ends_what_is_open(chat: Chat) -> None:
    erasure.erase_memories(Person.objects.get(), audit_log.COMMAND)
    assert not DialogTimer.objects.exists()
    assert Conversation.objects.get().state_data == {}
    assert chat.say("3").startswith("You said: 3")


def test_the_person_goes_with_all_open_questions(chat: Chat) -> None:
    erased = erasure.erase(Person.objects.get(), audit_log.COMMAND)
    assert erased.counts["open_questions"] == 2
    assert not DialogTimer.objects.exists()
