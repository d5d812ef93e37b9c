"""Messages that people of the team send to a person, in the bot's name and on its ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from bots import outbox
from bots.channels import adapter_for
from bots.chat_frames import message_frame
from bots.models import Channel, Conversation, Message, Person
from bots.web_events import PLATFORM
from clawdbot import request_id
from clawdbot.errors import ClawdbotError

MAX_TEXT = 20_000
MAX_KEY = 64


class NoWayToPerson(ClawdbotError):
    """The person has no private chat with the bot that a message could go to."""

    permanent = True


class KeyUsedBefore(ClawdbotError):
    """The idempotency key belongs to another message to this person."""

    permanent = True


@dataclass(frozen=True, slots=True)
class SentToPerson:
    """The stored message, and whether this call stored it (False: an earlier one with the same key did)."""

    message: Message
    created: bool


def send_to_person(
    person: Person, text: str, *, channel: Channel | None = None, idempotency_key: str | None = None
) -> SentToPerson:
    """Stores a message to a person and its outbox rows in one transaction; a worker sends it after the commit.

    Args:
        person: Who gets it.
        text: Neutral markdown; must not be blank. Split as the platform needs.
        channel: Where; by default the channel on which the person wrote last.
        idempotency_key: The same key for the same person never makes a second message.

    Raises:
        NoWayToPerson: There is no private chat, or the channel or the bot is switched off.
        KeyUsedBefore: The key was used with another text.
        ValueError: The text is blank.
    """
    if not text.strip():
        raise ValueError("there is nothing to send in a blank text")
    with transaction.atomic():
        # The person's row is the lock: the same key twice at once makes one message.
        person = Person.objects.select_for_update().get(pk=person.pk)
        if idempotency_key and (before := _sent_before(person, idempotency_key)):
            if before.text != text:
                raise KeyUsedBefore("this key was used for another message to this person")
            return SentToPerson(before, created=False)
        conversation = _conversation_with(person, channel)
        message = Message.objects.create(
            conversation=conversation,
            person=person,
            role=Message.Role.OPERATOR,
            text=text,
            meta={"idempotency_key": idempotency_key} if idempotency_key else {},
        )
        Conversation.objects.filter(pk=conversation.pk).update(last_message_at=message.occurred_at)
        payloads = _payloads(conversation, message)
        outbox.enqueue(conversation.channel, conversation, message, payloads, request_id=request_id.current())
    return SentToPerson(message, created=True)


def _sent_before(person: Person, key: str) -> Message | None:
    rows = Message.objects.for_person(person).filter(role=Message.Role.OPERATOR, meta__idempotency_key=key)
    return rows.select_related("conversation__channel").first()


def _conversation_with(person: Person, channel: Channel | None) -> Conversation:
    """The person's open private conversation, else a new one in the chat of the latest closed one."""
    rows = Conversation.objects.for_person(person).filter(
        chat_type="private", channel__enabled=True, channel__bot__enabled=True
    )
    if channel is not None:
        rows = rows.filter(channel=channel)
    latest = rows.select_related("channel__bot").order_by("-last_message_at", "-id").first()
    if latest is None:
        raise NoWayToPerson("this person has no private chat with the bot on a channel that is switched on")
    if latest.closed_at is None:
        return latest
    conversation, _ = Conversation.objects.get_or_create(
        channel=latest.channel,
        chat_id=latest.chat_id,
        thread_id=latest.thread_id,
        closed_at=None,
        defaults={
            "bot_id": person.bot_id,
            "person": person,
            "chat_type": latest.chat_type,
            "last_message_at": timezone.now(),
        },
    )
    return conversation


def _payloads(conversation: Conversation, message: Message) -> list[dict[str, Any]]:
    common = {"chat_id": conversation.chat_id, "user_id": _user_id(conversation)}
    if conversation.thread_id:
        common["thread_id"] = conversation.thread_id
    if conversation.channel.platform == PLATFORM:
        return [common | {"text": message.text, "data": message_frame(message)}]
    parts = adapter_for(conversation.channel).split(message.text)
    return [common | {"text": text} for text in parts]


def _user_id(conversation: Conversation) -> str:
    """Some platforms address people, not chats."""
    names = conversation.person.identities.filter(channel=conversation.channel)
    return names.values_list("external_id", flat=True).first() or conversation.chat_id
