"""The buttons "take over" and "hand back" on the page of a conversation."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bots.models import BotAccess, Conversation
from tests.admin.builders import login, make_bot, make_channel, make_conversation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation() -> Conversation:
    return make_conversation(make_channel(make_bot()))


def member(conversation: Conversation, role: str) -> Client:
    user = make_user("eve", superuser=False)
    BotAccess.objects.create(user=user, bot=conversation.bot, role=role)
    return login(user)


def hand(client: Client, conversation: Conversation, to: str) -> Any:
    address = reverse("admin:bots_conversation_handover", args=[conversation.pk])
    return client.post(address, {"to": to}, follow=True)


def state(conversation: Conversation) -> str:
    return Conversation.objects.values_list("state", flat=True).get(pk=conversation.pk)


def test_an_operator_takes_over_and_hands_back(conversation: Conversation) -> None:
    client = member(conversation, BotAccess.Role.OPERATOR)
    page = client.get(reverse("admin:bots_conversation_change", args=[conversation.pk])).content.decode()
    assert "Take over" in page
    shown = hand(client, conversation, "human").content.decode()
    assert "the bot is silent in this conversation" in shown
    assert "Hand back to the bot" in shown
    assert state(conversation) == "human"
    assert "already" in hand(client, conversation, "human").content.decode()
    assert "The bot answers again" in hand(client, conversation, "bot").content.decode()
    assert state(conversation) == "active"


def test_viewers_strangers_and_closed_conversations_get_no_button(conversation: Conversation) -> None:
    viewer = member(conversation, BotAccess.Role.VIEWER)
    page = viewer.get(reverse("admin:bots_conversation_change", args=[conversation.pk])).content.decode()
    assert "Take over" not in page
    assert hand(viewer, conversation, "human").status_code == 403
    stranger = login(make_user("mallory", superuser=False))
    assert hand(stranger, conversation, "human").status_code in {403, 404}
    assert state(conversation) == "active"
    conversation.close()
    conversation.save()
    admin = login(make_user("root"))
    assert "is closed" in hand(admin, conversation, "human").content.decode()
    assert state(conversation) == "closed"
