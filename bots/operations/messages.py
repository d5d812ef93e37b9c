"""Messages that people of the team send to a person, in the bot's name and on its ways."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from bots import private_chats
from bots.models import Channel, Message, Person
from clawdbot.errors import ClawdbotError

MAX_TEXT = 20_000
MAX_KEY = 64


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
        meta = {"idempotency_key": idempotency_key} if idempotency_key else {}
        message = private_chats.write(private_chats.latest_with(person, channel), text, Message.Role.OPERATOR, meta)
    return SentToPerson(message, created=True)


def _sent_before(person: Person, key: str) -> Message | None:
    rows = Message.objects.for_person(person).filter(role=Message.Role.OPERATOR, meta__idempotency_key=key)
    return rows.select_related("conversation__channel").first()
