"""Goes on with a turn after an operator has decided about a tool call, or nobody has in time.

The decision inserts an inbox row with the queue key of the chat, so it comes in order with the person's messages, is
retried like any other row, and gives one answer.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import translation

from adapters.events import Event
from bots.channels import lookup
from bots.files import sent
from bots.limits.payments import Payments
from bots.models import Conversation, InboundEvent, Message, sql
from bots.models.sql import clock
from bots.people import reception
from bots.people.reception import Standing
from bots.pipeline import engine, inbox, memory_outbox
from bots.pipeline.dispatch import presenting, turn_records, turns
from bots.pipeline.outbox import proactive
from bots.pipeline.queue import wakeups
from bots.pipeline.queue.model_slots import Lease
from skills import journal
from skills.models import ToolCall

logger = logging.getLogger(__name__)

KIND = "tool_decision"
_AT_ONCE = 50


def enqueue(call: ToolCall) -> None:
    """Inserts the row that goes on with the turn of this call, in the caller's transaction. Idempotent."""
    asked = InboundEvent.objects.select_related("channel").filter(pk=call.begun_by).first()
    if asked is None:  # the person was erased
        return
    row = InboundEvent(
        channel=asked.channel,
        conversation_id=call.conversation_id,
        dedupe_key=f"{KIND}:{call.pk}",
        queue_key=asked.queue_key,
        kind=KIND,
        payload={"call": call.pk, "begun_by": call.begun_by},
        due_at=clock.now(),
        request_id=asked.request_id,
    )
    try:
        with transaction.atomic():
            sql.insert(row)
    except IntegrityError:
        return
    wakeups.after_commit(wakeups.PROCESS, row.pk, asked.channel.platform, queue_key=row.queue_key)


def expire_due(now: datetime) -> int:
    """Closes calls about which nobody decided in time; returns how many. What waited for an operator goes on."""
    closed = 0
    for call in ToolCall.objects.waiting().filter(expires_at__lte=now)[:_AT_ONCE]:
        with transaction.atomic():
            if journal.expire(call):
                closed += 1
                if call.asked == journal.OPERATOR:
                    enqueue(call)
    return closed


def go_on(row: InboundEvent, started: float, lease: Lease) -> bool:
    """Takes the turn on. Returns False when its row must wait for a model."""
    turn = _turn(row)
    if turn is None:
        inbox.finish(row, conversation_id=row.conversation_id, state=InboundEvent.State.IGNORED)
        return True
    turn.payments = Payments()
    with turn.payments.kept():
        reply = presenting.respond(row, turn, lease, shown=False)  # nobody waits at a screen for it
        if reply is None:
            return False
        with translation.override(turn.language):
            _close(row, turn, reply, started)
    return True


def _turn(row: InboundEvent) -> engine.Turn | None:
    """Returns the turn that asked for the call; None when its conversation is over or belongs to a human now."""
    asked = InboundEvent.objects.filter(pk=row.payload.get("begun_by")).first()
    chat = Conversation.objects.filter(pk=row.conversation_id or 0, closed_at=None).first()
    if asked is None or chat is None or chat.state == Conversation.State.HUMAN:
        return None
    channel = lookup.get(asked.channel_id)
    arrival = reception.receive(channel, Event.from_dict(asked.payload), ask_name=False)
    if arrival.standing is not Standing.ADDRESSED or arrival.speaker.conversation.pk != chat.pk:
        return None
    said = Message.objects.filter(inbound=asked, role=Message.Role.USER).values_list("text", flat=True).first()
    turn = turns.build(row, channel, replace(arrival, event=replace(arrival.event, text=said or "", attachments=())))
    turn.goes_on = asked.pk
    return turn


def _close(row: InboundEvent, turn: engine.Turn, reply: engine.Reply, started: float) -> None:
    """Writes what the turn gives: it has no message of the person of its own."""
    attachments: list[dict[str, object]] = []
    if reply.parts:
        text, attachments = sent.keep(turn.conversation, reply.parts, row)
        reply = replace(reply, text=text)
    with transaction.atomic():
        inbox.finish(row, conversation_id=turn.conversation.pk)
        for write in turn.staged:
            write()
        if turn.memories:
            memory_outbox.remember(row.pk, turn.memories)
        if turn.transitions:
            turn_records.touch(turn)
        if not reply.silent and (reply.text or attachments):
            proactive.write(turn.conversation, reply.text, Message.Role.ASSISTANT, reply.meta, attachments)
        if reply.completion is not None:
            turn_records.store_usage(turn, reply.completion, reply.recall_ms, started)
        if turn.payments is not None:
            turn.payments.write()
