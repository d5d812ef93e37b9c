"""From a claimed inbox row to a closed turn: who speaks, which conversation, the engine, one transaction at the end."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from adapters.events import Event
from bots import (
    admission,
    channels,
    engine,
    inbox,
    media,
    metrics,
    names,
    outbox,
    pairing,
    parts,
    remembering,
    sent_files,
    signs,
    statements,
)
from bots.drafts import Draft
from bots.engine.language import language_of
from bots.llm.values import Completion
from bots.models import Channel, Conversation, InboundEvent, Message, OutboundMessage, TurnUsage
from bots.speakers import Speaker, SpeakerChanged, find_speaker, hold, open_conversation, web_facts, with_chat_type
from bots.streaming import TokenStream
from bots.web_events import PLATFORM
from clawdbot import request_id
from memory.types import Role as MemoryRole
from memory.types import Turn as MemoryTurn

logger = logging.getLogger(__name__)
Role = Message.Role
# `last_message_at` orders lists for people; within a burst of messages it need not be written each time.
TOUCH_EVERY = timedelta(seconds=2)
WAITED = timedelta(minutes=2)


class MessageDispatcher:
    """Takes turns off the inbox. Stateless: everything it needs is in the rows."""

    def process(self, row_id: int) -> int:
        """Claims the row and works through what waits behind it in its chat; returns the number of closed turns."""
        closed = 0
        row = inbox.claim(row_id)
        while row is not None:
            if not self._take(row):
                break
            closed += 1
            following = inbox.next_in_queue(row.queue_key)
            row = inbox.claim(following) if following is not None else None
        return closed

    def _take(self, row: InboundEvent) -> bool:
        """One try at one row. False when the chat has to wait (a later try) or the row was taken over."""
        started = time.perf_counter()
        try:
            with request_id.bound(row.request_id):
                self._turn(row, started)
                remembering.write_waiting_of(row.pk)
        except inbox.ClaimLost:
            logger.warning("inbound %s was taken over by another worker", row.pk)
            return False
        except SpeakerChanged as error:
            logger.info("turn of inbound %s is taken again: its account was linked or unlinked meanwhile", row.pk)
            return self._failed(row, error)
        except Exception as error:  # whatever it is, the row must neither be lost nor stay claimed
            logger.exception("turn of inbound %s failed (attempt %s)", row.pk, row.attempts)
            metrics.turn(time.perf_counter() - started, "error")
            return self._failed(row, error)
        metrics.turn(time.perf_counter() - started, "ok")
        return True

    def _turn(self, row: InboundEvent, started: float) -> None:
        channel = channels.get(row.channel_id)
        event = with_chat_type(channel, Event.from_dict(row.payload))
        speaker = find_speaker(channel, event)
        if event.kind == "edit":
            _apply_edit(row, event, speaker.conversation)
            return
        if not admission.is_admitted(channel, speaker.identity):
            _turn_away(row, channel, event, speaker)
            return
        names.learn(channel, event, speaker.identity)
        turn = _build_turn(row, channel, event, speaker)
        if speaker.person.blocked or not admission.is_addressed(channel, speaker.group, event):
            if not speaker.person.blocked and admission.overhears(channel, speaker.group, event):
                self._close(row, turn, engine.Reply("", silent=True, remember=True), started)
            else:
                inbox.finish(row, conversation_id=speaker.conversation.pk, state=InboundEvent.State.IGNORED)
            signs.dismiss(channel, event)
            return
        turn.cancelled = lambda: inbox.stop_requested(row)
        reply = _answer(row, turn)
        ready = self._close(row, turn, reply, started)
        if ready is not None:
            outbox.send_claimed(ready)
        elif reply.silent:
            signs.dismiss(channel, event)

    def _close(
        self, row: InboundEvent, turn: engine.Turn, reply: engine.Reply, started: float
    ) -> OutboundMessage | None:
        """Writes the whole turn in one transaction: answered exactly once, or not at all.

        Returns the outbox row that this process has claimed already and sends next; None when another comes first.
        """
        queued: list[OutboundMessage] = []
        attachments: list[dict[str, Any]] = []
        if reply.parts:
            with translation.override(turn.language):
                text, attachments = sent_files.keep(turn.conversation, reply.parts, row)
            reply = replace(reply, text=text)
        with translation.override(turn.language), transaction.atomic():
            if turn.identity is not None:
                hold(turn.identity, alone=reply.act is not None)
            inbox.finish(row, conversation_id=turn.conversation.pk)
            if reply.act is not None:
                reply = replace(reply, text=reply.act())
            asked, answered = _store_messages(row, turn, reply, attachments)
            if reply.remember:
                _remember(turn, reply, asked, answered)
            for transition in turn.transitions:
                statements.insert(transition)
            _touch_conversation(turn)
            if reply.new_conversation:
                origin_id = None if turn.group else turn.origin_id
                open_conversation(turn.channel, turn.event, turn.group or turn.person, origin_id)
            if answered is not None:
                queued = outbox.enqueue(
                    turn.channel,
                    turn.conversation,
                    answered,
                    _payloads(turn.channel, turn.event, answered, row.draft_id),
                    request_id=row.request_id,
                    claim_first=True,
                )
            if reply.completion is not None:
                _store_usage(turn, reply.completion, reply.recall_ms, started)
        return queued[0] if queued and queued[0].state == OutboundMessage.State.SENDING else None

    def _failed(self, row: InboundEvent, error: Exception) -> bool:
        """Tries again later; after the last try the person is told, and the row is a dead letter."""
        reason = f"{type(error).__name__}: {error}"
        try:
            if row.attempts < inbox.MAX_ATTEMPTS:
                inbox.retry_later(row, reason, getattr(error, "retry_after", None))
                return False
            _give_up(row, reason)
        except inbox.ClaimLost:
            return False
        return True


def _pressed(event: Event) -> str:
    """What a button says: what was picked or typed with it, else its text payload, or its object as JSON."""
    if event.args and event.text:
        return event.text
    if isinstance(event.data, str):
        return event.data
    return json.dumps(event.data, ensure_ascii=False) if event.data else ""


def _answer(row: InboundEvent, turn: engine.Turn) -> engine.Reply:
    """The engine's reply; the person sees that it is being made in whatever way their platform has for it."""
    channel, event = turn.channel, turn.event
    if channel.platform == PLATFORM:
        stream = TokenStream.of(channel, event)
        stream.begin(restart=row.attempts > 1)
        turn.on_token, turn.on_restart = stream.token, stream.restart
        reply = engine.respond(turn)
        stream.flush()
        return reply
    adapter = channels.adapter_for(channel)
    signs.confirm_action(adapter, event)
    turn.files = media.collect(row, event, turn.conversation, adapter)
    if (draft := Draft.of(row, channel, event, adapter)) is not None:
        turn.on_token, turn.on_restart = draft.token, draft.restart
    with signs.typing(adapter, event):
        return engine.respond(turn)


def _build_turn(row: InboundEvent, channel: Channel, event: Event, speaker: Speaker) -> engine.Turn:
    text = _pressed(event) if event.kind == "action" else event.text
    # A platform's own speech recognition says what a voice message says.
    heard = " ".join(item.transcript for item in event.attachments if item.transcript)
    text = text.strip() or heard.strip()
    return engine.Turn(
        bot=channel.bot,
        channel=channel,
        person=speaker.person,
        group=speaker.group,
        identity=speaker.identity,
        conversation=speaker.conversation,
        event=event,
        inbound_id=row.pk,
        text=text,
        language=language_of(text, speaker.person.language or web_facts(channel, event).language),
        now=timezone.now(),
    )


def _apply_edit(row: InboundEvent, event: Event, conversation: Conversation) -> None:
    """An edited message changes what is on record; it is not answered again."""
    with transaction.atomic():
        inbox.finish(row, conversation_id=conversation.pk)
        edited = event.target_message_id or event.message_id
        if not edited:
            return
        said = Message.objects.filter(conversation=conversation, role=Role.USER, platform_message_id=edited)
        for message in said.exclude(text=event.text):
            remembering.correct(conversation, message, event.text)
        said.update(text=event.text)


def _store_messages(
    row: InboundEvent, turn: engine.Turn, reply: engine.Reply, attachments: list[dict[str, Any]]
) -> tuple[Message, Message | None]:
    asked = Message(
        conversation=turn.conversation,
        person=turn.person,
        origin_id=turn.origin_id,
        inbound=row,
        role=Role.USER,
        text=turn.text,
        attachments=row.payload.get("attachments", []),
        platform_message_id=(turn.event.message_id or "")[:191],
        client_id=web_facts(turn.channel, turn.event).client_id[:64],
        occurred_at=row.received_at,
    )
    answered = None
    if not reply.silent:
        answered = Message(
            conversation=turn.conversation,
            person=turn.person,
            origin_id=turn.origin_id,
            inbound=row,
            role=Role.ASSISTANT,
            text=reply.text,
            attachments=attachments,
            client_id=asked.client_id,
            meta=reply.meta,
        )
    statements.insert(asked)
    if answered is not None:
        statements.insert(answered)
        sent_files.attach(answered)
    return asked, answered


def _remember(turn: engine.Turn, reply: engine.Reply, asked: Message, answered: Message | None) -> None:
    def entry(message: Message, at: datetime, role: MemoryRole, speaker: str, **vector: Any) -> MemoryTurn:
        return MemoryTurn(
            bot_id=turn.bot.pk,
            person_id=turn.scope.person_id,
            conversation_id=turn.conversation.pk,
            message_id=message.pk,
            role=role,
            speaker=speaker,
            text=message.text,
            occurred_at=at.astimezone(turn.zone),
            **vector,
            origin_id=None if turn.group else turn.origin_id,
        )

    # Who waited a moment is remembered in the order of turns; after an outage the day of writing counts.
    said_at = turn.now if turn.now - asked.occurred_at < WAITED else asked.occurred_at
    made = {"vector": reply.user_vector, "embedder": reply.user_embedder}
    turns = [entry(asked, said_at, "user", turn.person.display_name, **made)]
    if answered is not None and reply.remember_answer and answered.text:
        turns.append(entry(answered, answered.occurred_at, "assistant", turn.bot.name))
    remembering.remember(turn.inbound_id, turns)


def _touch_conversation(turn: engine.Turn) -> None:
    conversation = turn.conversation
    if turn.transitions:
        conversation.last_message_at = turn.now
        conversation.save(update_fields=["state", "state_data", "last_message_at", "closed_at"])
    elif turn.now - conversation.last_message_at > TOUCH_EVERY:
        Conversation.objects.filter(pk=conversation.pk).update(last_message_at=turn.now)
    person = turn.person
    fresh = person.last_seen_at is None or (turn.now - person.last_seen_at).total_seconds() > 60
    if fresh or person.language != turn.language:
        person.last_seen_at, person.language = turn.now, turn.language
        person.save(update_fields=["last_seen_at", "language"])


def _payloads(channel: Channel, event: Event, answered: Message, draft_id: str = "") -> list[dict[str, Any]]:
    """One payload per part that the platform can take; the first one answers the person's message visibly in groups."""
    common: dict[str, Any] = {
        "chat_id": event.chat_id or event.user_id or "",
        "user_id": event.user_id,
        "thread_id": event.thread_id,
        "reply_token": event.reply_token,
        "reply_url": event.reply_url,
    }
    payloads = parts.payloads(channel, answered, common)
    if event.chat_type != "private" and event.message_id:
        payloads[0]["reply_to"] = event.message_id
    if draft_id and "file" not in payloads[0]:
        payloads[0]["draft_id"] = draft_id
    return [{key: value for key, value in payload.items() if value is not None} for payload in payloads]


def _store_usage(turn: engine.Turn, completion: Completion, recall_ms: float, started: float) -> None:
    usage = TurnUsage(
        bot=turn.bot,
        person=turn.person,
        origin_id=turn.origin_id,
        conversation=turn.conversation,
        provider=completion.provider[:60],
        model=completion.model[:120],
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        first_token_ms=completion.first_token_ms,
        model_ms=completion.total_ms,
        recall_ms=round(recall_ms),
        total_ms=round((time.perf_counter() - started) * 1000),
        cost=completion.cost,
    )
    statements.insert(usage)


def _turn_away(row: InboundEvent, channel: Channel, event: Event, speaker: Speaker) -> None:
    """Somebody the channel does not take: a pairing code in a private chat, else silence. Nothing is remembered."""
    queued: list[OutboundMessage] = []
    with transaction.atomic():
        inbox.finish(row, conversation_id=speaker.conversation.pk, state=InboundEvent.State.IGNORED)
        if speaker.group is None and admission.wants_pairing(channel, speaker.identity):
            with translation.override(_build_turn(row, channel, event, speaker).language):
                queued = _say(row, channel, event, speaker, pairing.invitation(speaker.identity))
    if queued and queued[0].state == OutboundMessage.State.SENDING:
        outbox.send_claimed(queued[0])
    elif not queued:
        signs.dismiss(channel, event)


def _say(row: InboundEvent, channel: Channel, event: Event, speaker: Speaker, text: str) -> list[OutboundMessage]:
    """Writes an answer of ours that closes no turn of the engine; the first of its rows is born claimed."""
    answered = Message(
        conversation=speaker.conversation, person=speaker.person, inbound=row, role=Role.ASSISTANT, text=text
    )
    statements.insert(answered)
    payloads = _payloads(channel, event, answered)
    return outbox.enqueue(
        channel, speaker.conversation, answered, payloads, request_id=row.request_id, claim_first=True
    )


def _give_up(row: InboundEvent, reason: str) -> None:
    """The last try failed: the person hears it, the operator finds a dead letter that can be replayed."""
    channel = channels.get(row.channel_id)
    event = with_chat_type(channel, Event.from_dict(row.payload))
    with transaction.atomic():
        speaker = find_speaker(channel, event)
        inbox.finish(row, conversation_id=speaker.conversation.pk, error=reason, state=InboundEvent.State.DEAD)
        turn = _build_turn(row, channel, event, speaker)
        with translation.override(turn.language or settings.LANGUAGE_CODE):
            text = _("Something went wrong on my side and I could not answer this. Please try again in a while.")
        _asked, answered = _store_messages(row, turn, engine.Reply(text, meta={"failed": True}), [])
        if answered is not None:
            outbox.enqueue(
                channel,
                speaker.conversation,
                answered,
                _payloads(channel, event, answered),
                request_id=row.request_id,
            )
