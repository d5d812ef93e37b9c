"""From a claimed inbox row to a closed turn: who speaks, which conversation, the engine, one transaction at the end."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from adapters.events import Event
from adapters.web.events import PLATFORM
from bots import metrics
from bots.channels import lookup
from bots.channels.web.token_stream import TokenStream
from bots.files import received, sent
from bots.models import Channel, InboundEvent, Message, OutboundMessage, sql
from bots.people import admission, display_names, pairing
from bots.people.identities import (
    Speaker,
    SpeakerChanged,
    find_speaker,
    hold,
    open_conversation,
    web_facts,
    with_chat_type,
)
from bots.pipeline import engine, inbox, memory_outbox, outbox
from bots.pipeline.dispatch import edits, turn_records, typing_indicator
from bots.pipeline.dispatch.draft_reply import Draft
from bots.pipeline.engine.dialog.language import language_of
from clawdbot import request_id

logger = logging.getLogger(__name__)
Role = Message.Role


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
                memory_outbox.write_waiting_of(row.pk)
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
        channel = lookup.get(row.channel_id)
        event = Event.from_dict(row.payload)
        if event.kind in edits.KINDS:
            edits.apply(row, channel, event)
            return
        event = with_chat_type(channel, event)
        speaker = find_speaker(channel, event)
        if not admission.is_admitted(channel, speaker.identity):
            _turn_away(row, channel, event, speaker)
            return
        display_names.learn(channel, event, speaker.identity)
        turn = _build_turn(row, channel, event, speaker)
        if speaker.person.blocked or not admission.is_addressed(channel, speaker.group, event):
            if not speaker.person.blocked and admission.overhears(channel, speaker.group, event):
                self._close(row, turn, engine.Reply("", silent=True, remember=True), started)
            else:
                inbox.finish(row, conversation_id=speaker.conversation.pk, state=InboundEvent.State.IGNORED)
            typing_indicator.dismiss(channel, event)
            return
        turn.cancelled = lambda: inbox.stop_requested(row)
        reply = _answer(row, turn)
        ready = self._close(row, turn, reply, started)
        if ready is not None:
            outbox.send_claimed(ready)
        elif reply.silent:
            typing_indicator.dismiss(channel, event)

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
                text, attachments = sent.keep(turn.conversation, reply.parts, row)
            reply = replace(reply, text=text)
        with translation.override(turn.language), transaction.atomic():
            if turn.identity is not None:
                hold(turn.identity, alone=reply.act is not None)
            inbox.finish(row, conversation_id=turn.conversation.pk)
            if reply.act is not None:
                reply = replace(reply, text=reply.act())
            asked, answered = turn_records.store_messages(row, turn, reply, attachments)
            if reply.remember:
                turn_records.remember(turn, reply, asked, answered)
            turn_records.touch(turn)
            if reply.new_conversation:
                origin_id = None if turn.group else turn.origin_id
                open_conversation(turn.channel, turn.event, turn.group or turn.person, origin_id)
            if answered is not None:
                queued = outbox.enqueue(
                    turn.channel,
                    turn.conversation,
                    answered,
                    turn_records.payloads(turn.channel, turn.event, answered, row.draft_id),
                    request_id=row.request_id,
                    claim_first=True,
                )
            if reply.completion is not None:
                turn_records.store_usage(turn, reply.completion, reply.recall_ms, started)
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
    adapter = lookup.adapter_for(channel)
    typing_indicator.confirm_action(adapter, event)
    turn.files = received.collect(row, event, turn.conversation, adapter)
    if (draft := Draft.of(row, channel, event, adapter)) is not None:
        turn.on_token, turn.on_restart = draft.token, draft.restart
    with typing_indicator.typing(adapter, event):
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
        # A page is in the language that its reader chose; elsewhere the person's last words tell.
        language=language_of(text, web_facts(channel, event).language or speaker.person.language),
        now=timezone.now(),
    )


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
        typing_indicator.dismiss(channel, event)


def _say(row: InboundEvent, channel: Channel, event: Event, speaker: Speaker, text: str) -> list[OutboundMessage]:
    """Writes an answer of ours that closes no turn of the engine; the first of its rows is born claimed."""
    answered = Message(
        conversation=speaker.conversation, person=speaker.person, inbound=row, role=Role.ASSISTANT, text=text
    )
    sql.insert(answered)
    payloads = turn_records.payloads(channel, event, answered)
    return outbox.enqueue(
        channel, speaker.conversation, answered, payloads, request_id=row.request_id, claim_first=True
    )


def _give_up(row: InboundEvent, reason: str) -> None:
    """The last try failed: the person hears it, the operator finds a dead letter that can be replayed."""
    channel = lookup.get(row.channel_id)
    event = with_chat_type(channel, Event.from_dict(row.payload))
    with transaction.atomic():
        speaker = find_speaker(channel, event)
        inbox.finish(row, conversation_id=speaker.conversation.pk, error=reason, state=InboundEvent.State.DEAD)
        turn = _build_turn(row, channel, event, speaker)
        with translation.override(turn.language or settings.LANGUAGE_CODE):
            text = _("Something went wrong on my side and I could not answer this. Please try again in a while.")
        _asked, answered = turn_records.store_messages(row, turn, engine.Reply(text, meta={"failed": True}), [])
        if answered is not None:
            outbox.enqueue(
                channel,
                speaker.conversation,
                answered,
                turn_records.payloads(channel, event, answered),
                request_id=row.request_id,
            )
