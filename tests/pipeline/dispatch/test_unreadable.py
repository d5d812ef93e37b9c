"""What an adapter cannot read gets one sentence in a private chat, and nothing in a group."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Channel, Conversation, InboundEvent, Message, Person
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.adapters.builders import message
from tests.adapters.whatsapp.builders import notified
from tests.builders import answers, use_policy
from tests.peers import StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("model", "words_only")]

SECRET = {"X-Telegram-Bot-Api-Secret-Token": "s"}
SENTENCE = "I cannot read this kind of message. Could you write it as text?"
GROUP = {"id": -8, "type": "group", "title": "Crew"}
STORY = {"story": {"chat": {"id": 1, "type": "private"}, "id": 4}}
_updates = itertools.count(100)


def post(channel: Channel, client: Client, key: str = "message", **fields: Any) -> None:
    number = next(_updates)
    update = message(fields.pop("text", None), update_id=number, message_id=number, **fields)
    if key != "message":
        update[key] = update.pop("message")
    assert client.post(channel.webhook_path, update, content_type="application/json", headers=SECRET).status_code == 200
    for row_id, _platform in inbox.due():
        MessageDispatcher().process(row_id)


@pytest.mark.parametrize("fields", [STORY, {"paid_media": {"star_count": 5}}, {"hologram": {"id": 1}}])
def test_the_person_is_told_once(fields: dict[str, Any], channel: Channel, client: Client) -> None:
    post(channel, client, **fields)
    post(channel, client, **fields)
    assert answers() == [SENTENCE]
    assert [row.text for row in Message.objects.filter(role="user")] == [
        f"[A message that cannot be read here: {next(iter(fields))}]"
    ] * 2
    Message.objects.update(occurred_at=timezone.now() - timedelta(minutes=5))
    post(channel, client, **fields)
    assert answers() == [SENTENCE] * 2


def test_in_the_persons_language(channel: Channel, client: Client) -> None:
    post(channel, client, text="你好")
    post(channel, client, **STORY)
    assert answers()[-1] == "这类消息我看不了。能用文字告诉我吗？"


def test_a_message_in_between_is_answered_and_the_next_unreadable_one_too(channel: Channel, client: Client) -> None:
    post(channel, client, **STORY)
    post(channel, client, text="hello")
    post(channel, client, **STORY)
    assert [text == SENTENCE for text in answers()] == [True, False, True]


@pytest.mark.parametrize(
    "fields",
    [
        {"pinned_message": {"message_id": 1}},
        {"new_chat_title": "x"},
        {"video_chat_started": {}},
        {"forum_topic_created": {"name": "t"}},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}},
        {"write_access_allowed": {}},
        {},
    ],
)
def test_what_a_chat_reports_gets_no_answer(fields: dict[str, Any], channel: Channel, client: Client) -> None:
    post(channel, client, **fields)
    assert not answers()


def test_nothing_is_said_in_a_group_nor_to_an_edit(channel: Channel, client: Client) -> None:
    use_policy(channel, group_policy="all")
    post(channel, client, chat=GROUP, **STORY)
    post(channel, client, "edited_message", **STORY)
    assert not answers()
    assert not InboundEvent.objects.exists()


def test_nothing_is_said_to_a_blocked_person_nor_while_a_human_answers(channel: Channel, client: Client) -> None:
    post(channel, client, text="hello")
    Conversation.objects.update(state="human")
    post(channel, client, **STORY)
    Conversation.objects.update(state="active")
    person = Person.objects.get()
    person.blocked = True
    person.save()
    post(channel, client, **STORY)
    assert len(answers()) == 1
    assert Message.objects.filter(role="user").count() == 2  # the human sees that something came


@pytest.mark.parametrize(
    ("told", "silent"),
    [
        ({"type": "unsupported", "errors": [{"code": 131051, "title": "Message type unknown"}]}, False),
        ({"type": "unsupported", "unsupported": {"type": "poll_creation"}}, False),
        ({"type": "hologram", "hologram": {"id": "1"}}, False),
        ({"type": "image", "errors": [{"code": 131052}]}, False),
        ({"type": "unsupported", "unsupported": {"type": "edit"}}, True),
        ({"type": "interactive", "interactive": {"type": "call_permission_reply"}}, True),
        ({"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}}, True),
        ({"type": "system", "system": {"type": "customer_identity_changed", "body": "x"}}, True),
        ({"type": "text", "text": {"body": ""}}, True),
    ],
)
def test_whatsapp(told: dict[str, Any], silent: bool) -> None:
    (event,) = notified({"from": "4367000001", "id": "wamid.9", **told})
    assert bool(event.unreadable) is not silent


def test_the_payload_of_a_start_link_reaches_the_model(channel: Channel, client: Client, model: StubModel) -> None:
    post(channel, client, text="/start spring_sale")
    post(channel, client, text="what is this about?")
    assert "spring_sale" in str(model.prompts[-1])
