"""A team member replies on the page of a conversation with text, files or both."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bots.models import BotAccess, Conversation, Message, OutboundMessage, SentFile
from tests.admin.builders import login, make_bot, make_channel, make_conversation, make_user

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)


@pytest.fixture
def conversation() -> Conversation:
    return make_conversation(make_channel(make_bot()))


def operator(conversation: Conversation, role: str = BotAccess.Role.OPERATOR) -> Client:
    user = make_user("eve", superuser=False)
    BotAccess.objects.create(user=user, bot=conversation.bot, role=role)
    return login(user)


def page(client: Client, conversation: Conversation) -> str:
    return client.get(reverse("admin:bots_conversation_change", args=[conversation.pk])).content.decode()


def reply(client: Client, conversation: Conversation, *files: SimpleUploadedFile, **form: Any) -> Any:
    address = reverse("admin:bots_conversation_reply", args=[conversation.pk])
    return client.post(address, {"key": "k1", "text": "", **form, "files": list(files)}, follow=True)


def picture() -> SimpleUploadedFile:
    return SimpleUploadedFile("图.png", PNG, "text/html")


def test_text_and_a_file_go_to_the_chat_and_stand_in_the_transcript(conversation: Conversation) -> None:
    client = operator(conversation)
    assert 'name="files"' in page(client, conversation)
    shown = reply(client, conversation, picture(), text="Look:").content.decode()
    message = Message.objects.get(role="operator")
    file = SentFile.objects.get(message=message)
    assert (message.text, file.name, file.content_type, file.size) == ("Look:", "图.png", "image/png", len(PNG))
    said, sent = OutboundMessage.objects.order_by("part").values_list("payload", flat=True)
    assert (said["text"], sent["file"]["id"], sent["chat_id"]) == ("Look:", file.pk, conversation.chat_id)
    download = reverse("admin:bots_sentfile_download", args=[file.pk])
    assert download in shown
    response = client.get(download)
    assert b"".join(response.streaming_content) == PNG  # type: ignore[attr-defined]
    response.close()


def test_a_form_sent_twice_says_it_once(conversation: Conversation) -> None:
    client = operator(conversation)
    for _ in range(2):
        reply(client, conversation, picture())
    assert (Message.objects.count(), SentFile.objects.filter(message__isnull=False).count()) == (1, 1)


def test_nothing_an_empty_file_and_a_closed_conversation_are_refused_with_a_reason(conversation: Conversation) -> None:
    client = operator(conversation)
    assert "Write something" in reply(client, conversation).content.decode()
    empty = SimpleUploadedFile("empty.txt", b"")
    assert "is empty" in reply(client, conversation, empty, text="Look:").content.decode()
    conversation.close()
    conversation.save()
    assert "is closed" in reply(client, conversation, text="late").content.decode()
    assert 'name="files"' not in page(client, conversation)
    assert (Message.objects.count(), SentFile.objects.count()) == (0, 0)


def test_a_refused_reply_stays_in_the_box_until_it_was_shown(conversation: Conversation) -> None:
    client = operator(conversation)
    long = "слово שלום " * 2000
    shown = reply(client, conversation, text=long).content.decode()
    assert "22000 characters, 2000 too many: 20000 at most" in shown
    assert f">{long}</textarea>" in shown
    assert long not in page(client, conversation)
    empty = SimpleUploadedFile("empty.txt", b"")
    assert (
        ">half an hour of work</textarea>"
        in reply(client, conversation, empty, text="half an hour of work").content.decode()
    )
    assert not Message.objects.exists()


def test_a_refused_reply_is_not_shown_at_another_conversation(conversation: Conversation) -> None:
    client = operator(conversation)
    other = make_conversation(conversation.channel, "p2")
    address = reverse("admin:bots_conversation_reply", args=[conversation.pk])
    client.post(address, {"key": "k1", "text": "x" * 20_001})
    assert "x" * 20_001 not in page(client, other)
    assert "x" * 20_001 in page(client, conversation)


def test_only_operators_of_the_bot_may_reply(conversation: Conversation) -> None:
    viewer = operator(conversation, BotAccess.Role.VIEWER)
    assert 'name="files"' not in page(viewer, conversation)
    assert reply(viewer, conversation, text="hi").status_code == 403
    other = make_conversation(make_channel(make_bot("other")), "p2")
    assert reply(viewer, other, text="hi").status_code == 404
    assert login(make_user()).get(reverse("admin:bots_conversation_reply", args=[other.pk])).status_code == 404
    assert not Message.objects.exists()
