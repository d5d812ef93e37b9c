"""Sends messages of the team to a person, in the bot's name and through its channels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bots.files import sent
from bots.files.sent import MAX_FILES, FileRefused
from bots.models import Channel, Conversation, Message, Person
from bots.pipeline import memory_outbox
from bots.pipeline.dispatch import unanswered
from bots.pipeline.outbox import proactive
from bots.pipeline.outbox.proactive import NoWayToPerson
from clawdbot.errors import ClawdbotError
from clawdbot.files import File

__all__ = [
    "MAX_FILES",
    "MAX_KEY",
    "MAX_TEXT",
    "FileRefused",
    "KeyUsedBefore",
    "NoWayToPerson",
    "SentToPerson",
    "reply_in",
    "send_to_person",
]

MAX_TEXT = 20_000
MAX_KEY = 64


class KeyUsedBefore(ClawdbotError):
    """The idempotency key was used for another message to this person."""

    permanent = True


@dataclass(frozen=True, slots=True)
class SentToPerson:
    """The stored message. `created` is False when an earlier call with the same key stored it."""

    message: Message
    created: bool


def send_to_person(
    person: Person,
    text: str,
    *,
    files: Sequence[File] = (),
    channel: Channel | None = None,
    idempotency_key: str | None = None,
) -> SentToPerson:
    """Stores a message to a person with its outbox rows in one transaction. A worker sends it after the commit.

    Args:
        person: The recipient.
        text: Neutral markdown, split as the platform needs. May be blank only with files.
        files: Sent after the text, in this order.
        channel: The channel to use; by default the one on which the person wrote last.
        idempotency_key: A second call with the same person and key stores no second message.

    Raises:
        NoWayToPerson: There is no private chat, or the channel or the bot is disabled.
        KeyUsedBefore: The key was used for another text or other files.
        FileRefused: A file is empty or too large, or there are too many.
        ValueError: There is neither text nor a file.
    """
    _check(text, files)
    with transaction.atomic():
        # Locks the person's row: concurrent calls with the same key store one message.
        person = Person.objects.select_for_update().get(pk=person.pk)
        if idempotency_key and (before := _sent_before(person, idempotency_key, text, files)):
            return SentToPerson(before, created=False)
        conversation = proactive.latest_with(person, channel)
    return _send(conversation, person, text, files, idempotency_key)


def reply_in(
    conversation: Conversation, text: str, *, files: Sequence[File] = (), idempotency_key: str | None = None
) -> SentToPerson:
    """Sends a message to an open conversation, which may be in a group; otherwise as `send_to_person`.

    Raises:
        NoWayToPerson: The conversation is closed, or its channel or bot is disabled.
        KeyUsedBefore, FileRefused, ValueError: As `send_to_person`.
    """
    _check(text, files)
    channel = conversation.channel
    if conversation.closed_at is not None or not (channel.enabled and channel.bot.enabled):
        raise NoWayToPerson(_("This conversation is closed, or its channel or bot is switched off."))
    return _send(conversation, conversation.person, text, files, idempotency_key)


def _check(text: str, files: Sequence[File]) -> None:
    if not text.strip() and not files:
        raise ValueError("there is nothing to send in a blank text")
    if len(files) > MAX_FILES:
        raise FileRefused(_("At most %(count)s files.") % {"count": MAX_FILES})
    for file in files:
        sent.check(file)


def _send(
    conversation: Conversation, person: Person, text: str, files: Sequence[File], key: str | None
) -> SentToPerson:
    attachments: list[dict[str, Any]] = []
    said = text
    if files:
        said, attachments = sent.keep(conversation, [text, *files])
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person.pk)
        if key and (before := _sent_before(person, key, text, files)):
            return SentToPerson(before, created=False)
        meta = {"idempotency_key": key, "digest": _digest(text, files)} if key else {}
        message = proactive.write(conversation, said, Message.Role.OPERATOR, meta, attachments)
        unanswered.settle_conversation(conversation.pk)
        memory_outbox.remember_team(message, person)
    return SentToPerson(message, created=True)


def _sent_before(person: Person, key: str, text: str, files: Sequence[File]) -> Message | None:
    rows = Message.objects.for_person(person).filter(role=Message.Role.OPERATOR, meta__idempotency_key=key)
    before = rows.select_related("conversation__channel").first()
    if before is not None and before.meta.get("digest", _digest(before.text, ())) != _digest(text, files):
        raise KeyUsedBefore("this key was used for another message to this person")
    return before


def _digest(text: str, files: Sequence[File]) -> str:
    """Returns a digest that is equal for equal texts and files."""
    known = hashlib.sha256(text.encode())
    for file in files:
        known.update(b"\0".join((b"", file.name.encode(), file.caption.encode(), file.body)))
    return known.hexdigest()
