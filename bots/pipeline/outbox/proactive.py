"""Queues messages to a person that are no answers: messages of the team and notices of the bot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from bots.files import sent
from bots.models import Channel, Conversation, Message, Person
from bots.pipeline import outbox
from bots.pipeline.outbox import payloads
from clawdbot import request_id
from clawdbot.errors import ClawdbotError


class NoWayToPerson(ClawdbotError):
    """The person has no private chat with the bot on an enabled channel."""

    permanent = True


def latest_with(person: Person, channel: Channel | None = None) -> Conversation:
    """Returns the person's open private conversation, else a new one in the chat of the latest closed one.

    Raises:
        NoWayToPerson: There is no private chat, or the channel or the bot is switched off.
    """
    rows = Conversation.objects.for_person(person).filter(
        chat_type="private", channel__enabled=True, channel__bot__enabled=True
    )
    if channel is not None:
        rows = rows.filter(channel=channel)
    latest = rows.select_related("channel__bot").order_by("-last_message_at", "-id").first()
    if latest is None:
        raise NoWayToPerson("this person has no private chat with the bot on a channel that is switched on")
    return open_in(latest)


def open_in(known: Conversation) -> Conversation:
    """Returns the open conversation of the chat of this one, which may be closed; opens one if there is none."""
    if known.closed_at is None:
        return known
    conversation, _ = Conversation.objects.get_or_create(
        channel=known.channel,
        chat_id=known.chat_id,
        thread_id=known.thread_id,
        closed_at=None,
        defaults={
            "bot_id": known.bot_id,
            "person": known.person,
            "origin_id": known.origin_id,
            "chat_type": known.chat_type,
            "last_message_at": timezone.now(),
        },
    )
    return conversation


def write(
    conversation: Conversation,
    text: str,
    role: str,
    meta: dict[str, Any],
    attachments: Sequence[dict[str, Any]] = (),
) -> Message:
    """Stores a message and its outbox rows in the caller's transaction; it is sent after the commit.

    Args:
        conversation: The conversation that the message belongs to.
        text: The text; with `attachments`, as `bots.files.sent.keep` returns both.
        role: One of `Message.Role`: who says it.
        meta: Details to store with the message.
        attachments: The stored files.
    """
    message = Message.objects.create(
        conversation=conversation,
        person_id=conversation.person_id,
        role=role,
        text=text,
        meta=meta,
        attachments=list(attachments),
    )
    sent.attach(message)
    outbox.enqueue(
        conversation.channel,
        conversation,
        message,
        _payloads(conversation, message),
        request_id=request_id.current(),
    )
    return message


def _payloads(conversation: Conversation, message: Message) -> list[dict[str, Any]]:
    address = {"chat_id": conversation.chat_id, "user_id": _user_id(conversation)}
    if conversation.thread_id:
        address["thread_id"] = conversation.thread_id
    with translation.override(conversation.person.language or settings.LANGUAGE_CODE):
        return payloads.payloads(conversation.channel, message, address)


def _user_id(conversation: Conversation) -> str:
    """Returns the person's id on the channel: some platforms address people, not chats."""
    names = conversation.person.identities.filter(channel=conversation.channel)
    return names.values_list("external_id", flat=True).first() or conversation.chat_id
