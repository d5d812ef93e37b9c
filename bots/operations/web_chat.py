"""The operations of a web chat visitor: open the chat, send a message, fetch missed answers."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from adapters.events import Attachment
from adapters.web.events import WebFacts, dedupe_key, message_event
from bots import speech
from bots.channels import health
from bots.channels.web.frames import history_entry, message_frame
from bots.files import incoming
from bots.llm import routing
from bots.models import Bot, Channel, Conversation, Identity, InboundEvent, Message, Person, ReceivedFile
from bots.people.identities import find_speaker
from bots.pipeline import inbox
from clawdbot import tracing

HISTORY = 50
RECORDING = "🎤"  # what the page shows of a recording until its words are known


@dataclass(frozen=True, slots=True)
class Accepted:
    """The result of accepting one message from the page.

    Attributes:
        duplicate: The message was stored before; it starts no second turn.
        answer: For a settled duplicate, the frame with its outcome; else None.
    """

    duplicate: bool
    answer: dict[str, Any] | None = None


def find_person(channel: Channel, visitor_id: str) -> Person | None:
    """Returns the person of a visitor; None before their first turn."""
    identity = Identity.objects.select_related("person").filter(channel=channel, external_id=visitor_id).first()
    return identity.person if identity else None


def hello(channel: Channel, visitor_id: str) -> dict[str, Any]:
    """Returns the opening frame: the bot, the history, and the messages that wait for their answer."""
    person = find_person(channel, visitor_id)
    conversations = list(_conversations(channel, person, visitor_id)) if person else []
    current = next((item for item in conversations if item.closed_at is None), None)
    return {
        "type": "hello",
        "conversation": _public_conversation_id(visitor_id, sum(item.closed_at is not None for item in conversations)),
        "bot": describe_bot(channel.bot),
        "history": _history(current) if current else [],
        "pending": _pending(channel, visitor_id),
    }


def describe_bot(bot: Bot) -> dict[str, Any]:
    """Returns the public facts about the bot and its model."""
    target = routing.first(bot.pk, allow_demo=settings.CLAWDBOT.model_server.words_answers)
    return {
        "slug": bot.slug,
        "name": bot.name,
        "description": bot.description,
        "greeting": bot.greeting,
        "model": target.model if target else "",
        "demo": target is None or target.is_demo,
    }


def _conversations(channel: Channel, person: Person, visitor_id: str) -> Iterable[Conversation]:
    rows = Conversation.objects.for_person(person).filter(channel=channel, chat_id=visitor_id)
    return rows.only("id", "closed_at").order_by("-id")


def _public_conversation_id(visitor_id: str, closed_before: int) -> str:
    # A hash, not the row's id: it exists before the first message creates the row and reveals no row counts.
    return hashlib.sha256(f"{visitor_id}:{closed_before}".encode()).hexdigest()[:16]


def _history(conversation: Conversation) -> list[dict[str, Any]]:
    latest = list(Message.objects.filter(conversation=conversation, forgotten=False).order_by("-id")[:HISTORY])
    return [history_entry(message) for message in reversed(latest)]


def _pending(channel: Channel, visitor_id: str) -> list[dict[str, str]]:
    rows = InboundEvent.objects.filter(
        channel=channel, queue_key=inbox.queue_key(channel, message_event(visitor_id, "", WebFacts()))
    ).open()
    return [
        {
            "client_id": row.dedupe_key.removeprefix(dedupe_key(visitor_id, "")),
            "text": str(row.payload.get("text", "")) or (RECORDING if row.payload.get("attachments") else ""),
            "created_at": row.received_at.isoformat(),
        }
        for row in rows.order_by("id")
    ]


def accept_message(
    channel: Channel, visitor_id: str, text: str, facts: WebFacts, request_id: str, press: str = ""
) -> Accepted:
    """Stores a message or the press of a button, once per client_id, and wakes a worker.

    Returns after COMMIT. Passes on every error of the database; then nothing was stored.
    """
    with tracing.span("web chat", request_id, first=True, platform=channel.platform, channel=channel.public_id):
        result = inbox.accept(channel, [message_event(visitor_id, text, facts, press)], request_id=request_id)
    if result.accepted:
        health.note_events(channel, 1)
        return Accepted(duplicate=False)
    return Accepted(duplicate=True, answer=outcomes(channel, visitor_id, [facts.client_id]).get(facts.client_id))


def can_listen() -> bool:
    """Returns whether the page may offer to record: something listens."""
    return speech.can_listen()


def accept_recording(
    channel: Channel, visitor_id: str, body: bytes, told: str, facts: WebFacts, request_id: str
) -> Accepted | None:
    """Stores a recording as a message, once per client_id, and wakes a worker. Returns None for what is no recording.

    Args:
        channel: The web channel.
        visitor_id: The visitor.
        body: The bytes of the recording.
        told: Its content type according to the browser.
        facts: As in `accept_message`.
        request_id: Id of the request.
    """
    kind = incoming.recording_type(body, told)
    if not kind:
        return None
    event = message_event(visitor_id, "", facts, attachments=(Attachment("voice", mime=kind, size=len(body)),))
    conversation = find_speaker(channel, event).conversation
    file = incoming.keep(conversation, body, kind, name=f"recording-{uuid.uuid4().hex}")
    with transaction.atomic():
        result = inbox.accept(channel, [event], request_id=request_id)
        if result.accepted:
            ReceivedFile.objects.filter(pk=file.pk).update(inbound=result.accepted[0])
    if result.accepted:
        health.note_events(channel, 1)
        return Accepted(duplicate=False)
    file.delete()
    return Accepted(duplicate=True)


def outcomes(channel: Channel, visitor_id: str, client_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Returns the outcome frame of each settled message by client_id; omits messages that are pending or in progress.

    Frames: `message` (answered), `idle` (done without an answer, e.g. a human took over), `dead` (dead letter).
    """
    keys = {dedupe_key(visitor_id, client_id): client_id for client_id in client_ids}
    rows = InboundEvent.objects.filter(channel=channel, dedupe_key__in=keys).exclude(state__in=InboundEvent.OPEN)
    settled = {row.pk: (keys[row.dedupe_key], row.state) for row in rows.only("id", "dedupe_key", "state")}
    answers = {
        message.inbound_id: message
        for message in Message.objects.filter(inbound__in=settled, role=Message.Role.ASSISTANT).select_related(
            "conversation"
        )
    }
    return {
        client_id: _outcome(answers.get(row_id), client_id, state) for row_id, (client_id, state) in settled.items()
    }


def _outcome(answer: Message | None, client_id: str, state: str) -> dict[str, Any]:
    if answer is not None:
        return message_frame(answer) | {"client_id": client_id}
    return {"type": "dead" if state == InboundEvent.State.DEAD else "idle", "client_id": client_id}
