"""Finds stored messages of a chat by the platform's id, for messages that quote them.

The queries hold the scope: one channel, one chat, and the person or group that the turn belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from adapters.events import Event, Passage
from adapters.parts import attachments_of
from bots.files.received import FETCHED, QUOTED
from bots.models import Channel, Conversation, Identity, InboundEvent, Message, OutboundMessage, ReceivedFile
from bots.models.file import StoredFile
from bots.models.lengths import ID_LENGTH
from bots.people.identities import GROUP_PREFIX
from bots.pipeline import engine
from bots.pipeline.dispatch import gathering
from bots.pipeline.windows import PARTS

LATEST = 200  # events of a chat that are searched for a message without a turn
RECENT = 1000  # the latest messages of a chat, among which a turn of several messages is searched


class Stored(NamedTuple):
    """A stored message.

    Attributes:
        passage: Its content; None when it must not be shown, because it was forgotten.
        files: Its files.
        conversation_id: Its conversation.
    """

    passage: Passage | None
    files: tuple[StoredFile, ...] = ()
    conversation_id: int = 0


def find(turn: engine.Turn, message_id: str) -> Stored | None:
    """Returns the person's, a member's or the bot's message with this id of the platform; None when there is none."""
    chat = turn.conversation
    here = Q(
        conversation__channel=turn.channel,
        conversation__chat_id=chat.chat_id,
        conversation__person=turn.scope.person_id,
        platform_message_id=message_id[:ID_LENGTH],
    )
    said = Message.objects.select_related("person", "inbound").filter(here).order_by("-pk").first()
    if said is not None:
        return _stored(said, gathering.text_of(_payload(said), message_id) or said.text)
    # A long answer has several messages of the platform; each is one part.
    part = OutboundMessage.objects.select_related("message").filter(here, message__isnull=False).order_by("-pk").first()
    if part is not None and part.message is not None:
        return _stored(part.message, str(part.payload.get("text") or part.message.text))
    mine = Message.objects.select_related("person", "inbound").filter(
        conversation__channel=turn.channel,
        conversation__chat_id=chat.chat_id,
        conversation__person=turn.scope.person_id,
        role=Message.Role.USER,
    )
    for several in of_several(mine):
        if gathering.has(_payload(several), message_id):
            return _stored(several, gathering.text_of(_payload(several), message_id) or several.text)
    return None


def of_several(said: QuerySet[Message]) -> QuerySet[Message]:
    """Returns those of the latest messages that are made of several messages of the platform, latest first."""
    recent = list(said.order_by("-pk").values_list("pk", flat=True)[:RECENT])
    return said.filter(pk__in=recent, inbound__payload__has_key=PARTS).order_by("-pk")


def _payload(message: Message) -> Mapping[str, Any]:
    return message.inbound.payload if message.inbound is not None else {}


def _stored(message: Message, text: str) -> Stored:
    if message.forgotten or Message.REFUSED in message.meta:
        return Stored(None)
    by_bot = message.role != Message.Role.USER
    author = "" if by_bot or message.person is None else message.person.display_name
    files = _files(message)
    # The files of an overheard message were not fetched. Its places and contacts are in the text.
    told = () if files or by_bot else attachments_of({"attachments": message.attachments})
    passage = Passage(
        text,
        author=author,
        by_bot=by_bot,
        message_id=message.platform_message_id,
        attachments=tuple(part for part in told if part.type in FETCHED),
    )
    return Stored(passage, files, message.conversation_id)


def _files(message: Message) -> tuple[StoredFile, ...]:
    if message.role != Message.Role.USER:
        return tuple(message.files.order_by("position"))
    if message.inbound_id is None:
        return ()
    return tuple(ReceivedFile.objects.filter(inbound=message.inbound_id, position__lt=QUOTED).order_by("position"))


def without_turn(channel: Channel, chat_id: str, message_id: str) -> InboundEvent | None:
    """Returns a recent message of a group that did not address the bot, and is in no transcript; else None.

    The inbox has it: it came with an id that a later message may quote.
    """
    chat_id = chat_id[:ID_LENGTH]
    group = Identity.objects.filter(channel=channel, external_id=f"{GROUP_PREFIX}{chat_id}"[:ID_LENGTH])
    person_id = group.values_list("person_id", flat=True).first()
    if person_id is None:
        return None
    chats = Conversation.objects.for_person(person_id).filter(channel=channel, chat_id=chat_id)
    rows = InboundEvent.objects.filter(
        conversation__in=list(chats.values_list("pk", flat=True)), state=InboundEvent.State.IGNORED, kind="message"
    )
    return next((row for row in rows.order_by("-pk")[:LATEST] if _names(row.payload, message_id)), None)


def _names(payload: Mapping[str, Any], message_id: str) -> bool:
    return payload.get("message_id") == message_id or gathering.has(payload, message_id)


def passage_of(row: InboundEvent) -> Passage:
    """Returns what a message without a turn says."""
    event = Event.from_dict(row.payload)
    return Passage(
        event.text,
        author=event.user_name,
        author_id=event.user_id or "",
        message_id=event.message_id or "",
        attachments=event.attachments,
    )
