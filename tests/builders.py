"""Bots, channels, messages and turns for tests."""

from __future__ import annotations

import itertools
from typing import Any

from adapters.events import Event, EventKind
from bots.models import Bot, Channel, Conversation, InboundEvent, Message, OutboundMessage, Person
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher

_numbers = itertools.count(1)


def make_bot(**values: Any) -> Bot:
    number = next(_numbers)
    return Bot.objects.create(**{"slug": f"bot-{number}", "name": f"Bot {number}"} | values)


def make_channel(bot: Bot | None = None, platform: str = "webhook", **values: Any) -> Channel:
    """Makes a channel; nothing listens at the address of the default account."""
    account = {"secret": "pipeline-secret", "reply_url": "http://127.0.0.1:9/replies"}
    credentials = values.pop("credentials", account if platform == "webhook" else {})
    channel = Channel(bot=bot or make_bot(), platform=platform, **values)
    channel.credentials = credentials
    channel.save()
    return channel


def make_event(text: str = "hello", *, chat: str = "chat-1", user: str = "", key: str = "", **values: Any) -> Event:
    number = next(_numbers)
    return Event(
        **{
            "kind": EventKind.MESSAGE,
            "dedupe_key": key or f"key-{number}",
            "user_id": user or chat,
            "chat_id": chat,
            "message_id": f"m{number}",
            "text": text,
        }
        | values
    )


def make_conversation(channel: Channel, chat: str = "chat-1", **values: Any) -> Conversation:
    person = values.pop("person", None) or Person.objects.create(bot=channel.bot)
    return Conversation.objects.create(bot=channel.bot, channel=channel, person=person, chat_id=chat, **values)


def make_outbound(channel: Channel, conversation: Conversation, text: str = "answer", **values: Any) -> OutboundMessage:
    message = Message.objects.create(conversation=conversation, role=Message.Role.ASSISTANT, text=text)
    return OutboundMessage.objects.create(
        **{
            "channel": channel,
            "conversation": conversation,
            "message": message,
            "queue_key": f"{channel.pk}:{conversation.chat_id}:",
            "payload": {"chat_id": conversation.chat_id, "text": text},
        }
        | values
    )


def state_of(row: InboundEvent | OutboundMessage) -> str:
    row.refresh_from_db()
    return str(row.state)


def use_policy(channel: Channel, **values: Any) -> None:
    """Sets fields of a channel, as the admin does."""
    for name, value in values.items():
        setattr(channel, name, value)
    channel.save(update_fields=list(values))


def say(channel: Channel, text: str = "hello", **values: Any) -> InboundEvent:
    """Takes one message through the pipeline; returns its row."""
    (row_id,) = inbox.accept(channel, [make_event(text, **values)]).accepted
    MessageDispatcher().process(row_id)
    return InboundEvent.objects.get(pk=row_id)


def say_in_private(channel: Channel, text: str, user: str) -> InboundEvent:
    return say(channel, text, chat=user, user=user, user_name=user.title())


def answers() -> list[str]:
    """Returns the texts of all answers, oldest first."""
    return list(Message.objects.filter(role="assistant").order_by("id").values_list("text", flat=True))
