"""The API sends a message to a person through the outbox, once per idempotency key."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from bots.models import Conversation, Message, OutboundMessage, Person, SentFile
from bots.operations.messages import send_to_person
from tests.api.builders import caller_with, make_bot, make_channel, make_conversation

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
PATH = "/api/v1/messages/"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)


def _post(bot: Any, body: dict[str, Any], key: str | None = None, **more: Any) -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return caller_with("operator", bot).post(PATH, body, format="json", headers=headers | more)


def test_a_message_is_stored_and_waits_in_the_outbox() -> None:
    conversation = make_conversation(make_channel(), chat_id="chat-7")
    answer = _post(
        conversation.bot, {"person": conversation.person_id, "text": "Hello **you**"}, **{"X-Request-ID": "send-0001"}
    )
    row = OutboundMessage.objects.get()
    assert answer.status_code == 201
    assert answer.json() | {"occurred_at": None} == {
        "id": Message.objects.get().pk,
        "conversation": conversation.pk,
        "bot": conversation.bot_id,
        "person": conversation.person_id,
        "role": "operator",
        "text": "Hello **you**",
        "attachments": [],
        "platform_message_id": "",
        "occurred_at": None,
    }
    assert row.payload == {"chat_id": "chat-7", "user_id": "chat-7", "text": "Hello **you**"}
    assert (row.state, row.request_id) == ("pending", "send-0001")


def test_the_same_key_makes_one_message() -> None:
    conversation = make_conversation(make_channel())
    body = {"person": conversation.person_id, "text": "once"}
    answers = [_post(conversation.bot, body, "key-1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert OutboundMessage.objects.count() == 1
    assert _post(conversation.bot, body, "key-2").status_code == 201
    assert _post(conversation.bot, body).status_code == 201


def test_a_key_of_another_text_is_422() -> None:
    conversation = make_conversation(make_channel())
    assert _post(conversation.bot, {"person": conversation.person_id, "text": "one"}, "key").status_code == 201
    assert _post(conversation.bot, {"person": conversation.person_id, "text": "two"}, "key").status_code == 422


def test_keys_of_different_people_do_not_meet() -> None:
    channel = make_channel()
    for _ in range(2):
        conversation = make_conversation(channel)
        assert _post(channel.bot, {"person": conversation.person_id, "text": "x"}, "same").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 65, "with space", "ümlaut"])
def test_a_malformed_key_is_400(key: str) -> None:
    conversation = make_conversation(make_channel())
    assert _post(conversation.bot, {"person": conversation.person_id, "text": "x"}, key).status_code == 400
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "body", [{}, {"text": "x"}, {"text": ""}, {"text": "   "}, {"text": "x\x00"}, {"text": 5.5e300}]
)
def test_what_does_not_fit_is_400_and_names_the_field(body: dict[str, Any]) -> None:
    answer = _post(make_bot(), {"person": 1} | body)
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_without_a_private_chat_it_is_409() -> None:
    channel = make_channel()
    stranger = Person.objects.create(bot=channel.bot)
    group = make_conversation(channel, chat_type="group")
    for person in (stranger.pk, group.person_id):
        assert _post(channel.bot, {"person": person, "text": "x"}).status_code == 409


def test_a_channel_that_is_off_is_no_way() -> None:
    conversation = make_conversation(make_channel(enabled=False))
    assert _post(conversation.bot, {"person": conversation.person_id, "text": "x"}).status_code == 409


def test_the_channel_can_be_chosen_and_must_belong_to_the_bot() -> None:
    bot = make_bot()
    first, second = make_channel(bot), make_channel(bot, platform="web")
    conversation = make_conversation(first)
    make_conversation(second, person=conversation.person)
    body = {"person": conversation.person_id, "text": "x", "channel": first.public_id}
    assert _post(bot, body).json()["conversation"] == conversation.pk
    assert _post(bot, body | {"channel": make_channel().public_id}).status_code == 400


def test_after_the_end_of_a_conversation_a_new_one_is_opened() -> None:
    conversation = make_conversation(make_channel(), chat_id="chat-9")
    conversation.close()
    conversation.save()
    answer = _post(conversation.bot, {"person": conversation.person_id, "text": "back again"})
    fresh = Conversation.objects.get(closed_at=None)
    assert answer.json()["conversation"] == fresh.pk != conversation.pk
    assert (fresh.chat_id, fresh.person_id) == ("chat-9", conversation.person_id)


def test_a_long_message_is_split_as_the_platform_needs() -> None:
    conversation = make_conversation(make_channel(platform="telegram"))
    send_to_person(conversation.person, "word " * 2000)
    parts = OutboundMessage.objects.order_by("part")
    assert [row.part for row in parts] == [0, 1, 2]
    assert all(len(row.payload["text"]) <= 4096 for row in parts)


def test_a_visitor_of_the_web_chat_gets_a_frame() -> None:
    conversation = make_conversation(make_channel(platform="web"))
    sent = send_to_person(conversation.person, "hello")
    frame = OutboundMessage.objects.get().payload["data"]
    assert (frame["type"], frame["id"], frame["role"]) == ("message", sent.message.pk, "operator")


def test_files_are_kept_and_sent_after_the_text() -> None:
    conversation = make_conversation(make_channel(), chat_id="chat-7")
    body = {"person": conversation.person_id, "text": "Look:"}
    files = [{"name": "图.png", "content": base64.b64encode(PNG).decode(), "caption": "**you**"}]
    answers = [_post(conversation.bot, body | {"files": files}, "key") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    file = SentFile.objects.get(message__isnull=False)
    (told,) = answers[0].json()["attachments"]
    shown = {"type": "image", "id": str(file.pk), "name": "图.png", "mime": "image/png", "size": len(PNG)}
    assert told == shown | {"at": 7, "caption": 7}
    sent = OutboundMessage.objects.order_by("part").values_list("payload", flat=True)
    assert [(row["text"], "file" in row) for row in sent] == [("Look:", False), ("**you**", True)]
    assert _post(conversation.bot, body | {"files": []}, "key").status_code == 422
    assert _post(conversation.bot, {"person": conversation.person_id, "files": files}).status_code == 201


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ([{"name": "a.txt", "content": "%%%"}], "x"),
        ([{"name": "a.txt", "content": ""}], "x"),
        ([{"content": "YQ=="}], "x"),
        ([{"name": "a.txt", "content": "YQ=="}] * 11, "x"),
        ([{"name": "a.txt", "content": base64.b64encode(bytes(600)).decode()}], "x"),
        ([], ""),
        ("a.txt", "x"),
    ],
)
def test_files_that_cannot_be_sent_are_400_and_change_nothing(files: Any, text: str, configured: Any) -> None:
    configured("uploads", max_bytes=500)
    conversation = make_conversation(make_channel())
    body = {"person": conversation.person_id, "text": text, "files": files}
    assert _post(conversation.bot, body).status_code == 400
    assert (Message.objects.count(), SentFile.objects.count()) == (0, 0)
