"""Closes turns that the engine does not answer: of people who are not admitted, and turns that failed for good."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from adapters.events import Event, EventKind
from bots import metrics
from bots.channels import lookup
from bots.models import Channel, Conversation, InboundEvent, Message, OutboundMessage, sql
from bots.people import admission, pairing, reception
from bots.people.reception import Standing
from bots.pipeline import engine, inbox, outbox
from bots.pipeline.dispatch import closing, decisions, timeouts, turn_records, turns
from clawdbot.reasons import Reason

logger = logging.getLogger(__name__)
UNREADABLE = "unreadable"  # `meta["notice"]` of the answer to what cannot be read
SAID_LATELY = timedelta(minutes=1)


def refuse(row: InboundEvent, turn: engine.Turn) -> None:
    """Closes the turn of somebody who is not admitted: with a pairing code in a private chat, else silently."""
    queued: list[OutboundMessage] = []
    with transaction.atomic():
        inbox.finish(row, conversation_id=turn.conversation.pk, state=InboundEvent.State.IGNORED)
        if turn.group is None and turn.identity and admission.wants_pairing(turn.channel, turn.identity):
            with translation.override(turn.language):
                queued = _enqueue_answer(row, turn, pairing.invitation(turn.identity))
    closing.send_or_dismiss(turn.channel, turn.event, queued)


def _enqueue_answer(row: InboundEvent, turn: engine.Turn, text: str) -> list[OutboundMessage]:
    """Stores an answer that the engine did not make, and its outbox rows; the first row is inserted claimed."""
    answered = Message(
        conversation=turn.conversation, person=turn.person, inbound=row, role=Message.Role.ASSISTANT, text=text
    )
    sql.insert(answered)
    payloads = turn_records.payloads(turn.channel, turn.event, answered)
    return outbox.enqueue(
        turn.channel, turn.conversation, answered, payloads, request_id=row.request_id, claim_first=True
    )


def unreadable(turn: engine.Turn) -> engine.Reply:
    """Returns the answer to content of a kind that the adapter cannot read: one sentence, once for several of them."""
    with translation.override(turn.language or settings.LANGUAGE_CODE):
        turn.text = _("[A message that cannot be read here: %(kind)s]") % {"kind": turn.event.unreadable}
        text = _("I cannot read this kind of message. Could you write it as text?")
    latest = turn.conversation.messages.exclude(role=Message.Role.USER).order_by("-pk").first()
    said = latest is not None and latest.meta.get("notice") == UNREADABLE
    repeated = said and latest is not None and turn.now - latest.occurred_at < SAID_LATELY
    silent = repeated or turn.conversation.state == Conversation.State.HUMAN
    return engine.Reply("" if silent else text, silent=silent, meta={"notice": UNREADABLE})


def give_up(row: InboundEvent, reason: Reason) -> None:
    """Closes a turn after its last try: tells the person, and leaves a dead letter that the operator can replay."""
    channel = lookup.get(row.channel_id)
    if row.kind in (EventKind.MEMBER, timeouts.KIND, decisions.KIND):  # nobody waits for an answer
        inbox.finish(row, conversation_id=None, error=reason, state=InboundEvent.State.DEAD)
    else:
        _apologise(row, channel, reason)
    metrics.hop(channel.bot.slug, channel.platform, "failed")


def _apologise(row: InboundEvent, channel: Channel, reason: Reason) -> None:
    with transaction.atomic():
        arrival = reception.receive(
            channel, turns.without_unknown_command(Event.from_dict(row.payload)), ask_name=False
        )
        turn = turns.build(row, channel, arrival)
        inbox.finish(row, conversation_id=turn.conversation.pk, error=reason, state=InboundEvent.State.DEAD)
        with translation.override(turn.language or settings.LANGUAGE_CODE):
            text = _("Something went wrong on my side and I could not answer this. Please try again in a while.")
        reply = engine.Reply(
            text, remember=True, remember_answer=False, failure=reason, meta={Message.FAILED: True, Message.ASIDE: True}
        )
        asked, answered = turn_records.store_messages(row, turn, reply, [])
        if arrival.standing in (Standing.ADDRESSED, Standing.OVERHEARD) and not turn.event.command:
            _remember(turn, reply, asked)
        if answered is not None:
            payloads = turn_records.payloads(channel, turn.event, answered)
            outbox.enqueue(channel, turn.conversation, answered, payloads, request_id=row.request_id)


def _remember(turn: engine.Turn, reply: engine.Reply, asked: Message) -> None:
    """Remembers what the person said, unless the memory is what fails."""
    try:
        with transaction.atomic():
            turn_records.remember(turn, reply, asked, None)
    except Exception:  # the dead letter must be written whatever fails
        logger.exception("the message of inbound %s is not remembered", turn.inbound_id)
