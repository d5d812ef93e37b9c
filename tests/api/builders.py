"""Channels, conversations, queue rows, and API clients with a role."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from bots.models import Bot, BotAccess, Channel, Conversation, Identity, InboundEvent, Message, OutboundMessage, Person
from bots.operations import api_tokens
from memory.store import MemoryStore
from memory.types import Turn
from tests.builders import make_bot

SECRET = "webhook-secret-0815"
TELEGRAM_SECRET = "telegram-secret-4711"
_numbers = itertools.count(1)


def make_channel(bot: Bot | None = None, platform: str = "webhook", *, account: Any = None, **values: Any) -> Channel:
    accounts: dict[str, dict[str, Any]] = {
        "webhook": {"secret": SECRET, "reply_url": "http://127.0.0.1:9/replies"},
        "telegram": {"token": "123456789:AAHsecretsecretsecretsecretsecret12345", "secret_token": TELEGRAM_SECRET},
        "web": {},
    }
    channel = Channel(bot=bot or make_bot(), platform=platform, **values)
    channel.credentials = accounts[platform] | (account or {})
    channel.save()
    return channel


def make_conversation(channel: Channel, **values: Any) -> Conversation:
    number = next(_numbers)
    person = values.pop("person", None) or Person.objects.create(bot=channel.bot, display_name=f"Person {number}")
    chat = values.pop("chat_id", f"chat-{number}")
    Identity.objects.get_or_create(channel=channel, external_id=chat, defaults={"person": person})
    return Conversation.objects.create(bot=channel.bot, channel=channel, person=person, chat_id=chat, **values)


def make_message(conversation: Conversation, text: str = "hello", **values: Any) -> Message:
    return Message.objects.create(**{"conversation": conversation, "role": Message.Role.USER, "text": text} | values)


def make_inbound(channel: Channel, **values: Any) -> InboundEvent:
    number = next(_numbers)
    defaults: dict[str, Any] = {"dedupe_key": f"k{number}", "queue_key": f"{channel.pk}:c{number}:", "kind": "message"}
    return InboundEvent.objects.create(channel=channel, **defaults | values)


def make_outbound(conversation: Conversation, **values: Any) -> OutboundMessage:
    defaults: dict[str, Any] = {
        "channel": conversation.channel,
        "conversation": conversation,
        "message": make_message(conversation, "an answer", role=Message.Role.ASSISTANT),
        "queue_key": f"{conversation.channel_id}:{conversation.chat_id}:",
        "payload": {"chat_id": conversation.chat_id, "text": "an answer"},
    }
    return OutboundMessage.objects.create(**defaults | values)


def remember(person: Person, *texts: str) -> list[int]:
    from django.utils import timezone

    turns = [
        Turn(bot_id=person.bot_id, person_id=person.pk, role="user", text=text, occurred_at=timezone.now())
        for text in texts
    ]
    return MemoryStore(person.bot_id).remember(turns)


def make_user(name: str = "", **values: Any) -> User:
    return User.objects.create(username=name or f"user-{next(_numbers)}", **values)


def key_of(user: User) -> str:
    """Returns the API key of this user object, the same at every call."""
    if not hasattr(user, "key_of_test"):
        setattr(user, "key_of_test", api_tokens.make(user.username, renew=True))  # noqa: B010
    return str(user.key_of_test)


def caller(user: User) -> APIClient:
    """Returns a client with the token of the user."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key_of(user)}")
    return client


def caller_with(role: str, *bots: Bot) -> APIClient:
    user = make_user()
    for bot in bots:
        BotAccess.objects.create(user=user, bot=bot, role=role)
    return caller(user)


def superuser() -> APIClient:
    return caller(make_user(is_superuser=True, is_staff=True))


def event_body(text: str = "hello", **values: Any) -> bytes:
    number = next(_numbers)
    return json.dumps({"id": f"e{number}", "user_id": "u1", "chat_id": "c1", "text": text} | values).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def deliver(channel: Channel | str, body: bytes, *, sign: str | None = None, **headers: str) -> Any:
    """Posts a signed body to the generic webhook."""
    path = channel if isinstance(channel, str) else channel.webhook_path
    headers.setdefault("X-Signature", signature(body) if sign is None else sign)
    return Client().post(path, body, content_type="application/json", headers=headers)


def update(number: int | None = None, text: str = "hello") -> bytes:
    """Returns a Telegram update."""
    person = {"id": 7001, "is_bot": False, "first_name": "Li"}
    chat = {"id": 7001, "type": "private", "first_name": "Li"}
    message = {"message_id": 1, "date": 1, "text": text, "chat": chat, "from": person}
    return json.dumps({"update_id": number or next(_numbers), "message": message}).encode()
