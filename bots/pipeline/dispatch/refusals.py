"""Turns that the engine does not answer: of people whom the channel does not take, and those that failed for good."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from adapters.events import Event
from bots.channels import lookup
from bots.models import Channel, InboundEvent, Message, OutboundMessage, sql
from bots.people import admission, pairing
from bots.people.identities import Speaker, find_speaker, with_chat_type
from bots.pipeline import engine, inbox, outbox
from bots.pipeline.dispatch import closing, turn_records, turns
from clawdbot.reasons import Reason


def turn_away(row: InboundEvent, channel: Channel, event: Event, speaker: Speaker) -> None:
    """Somebody the channel does not take: a pairing code in a private chat, else silence. Nothing is remembered."""
    queued: list[OutboundMessage] = []
    with transaction.atomic():
        inbox.finish(row, conversation_id=speaker.conversation.pk, state=InboundEvent.State.IGNORED)
        if speaker.group is None and admission.wants_pairing(channel, speaker.identity):
            with translation.override(turns.build(row, channel, event, speaker).language):
                queued = _say(row, channel, event, speaker, pairing.invitation(speaker.identity))
    closing.send_or_dismiss(channel, event, queued)


def _say(row: InboundEvent, channel: Channel, event: Event, speaker: Speaker, text: str) -> list[OutboundMessage]:
    """Writes an answer of ours that closes no turn of the engine; the first of its rows is born claimed."""
    answered = Message(
        conversation=speaker.conversation, person=speaker.person, inbound=row, role=Message.Role.ASSISTANT, text=text
    )
    sql.insert(answered)
    payloads = turn_records.payloads(channel, event, answered)
    return outbox.enqueue(
        channel, speaker.conversation, answered, payloads, request_id=row.request_id, claim_first=True
    )


def give_up(row: InboundEvent, reason: Reason) -> None:
    """The last try failed: the person hears it, the operator finds a dead letter that can be replayed."""
    channel = lookup.get(row.channel_id)
    event = with_chat_type(channel, Event.from_dict(row.payload))
    with transaction.atomic():
        speaker = find_speaker(channel, event)
        inbox.finish(row, conversation_id=speaker.conversation.pk, error=reason, state=InboundEvent.State.DEAD)
        turn = turns.build(row, channel, event, speaker)
        with translation.override(turn.language or settings.LANGUAGE_CODE):
            text = _("Something went wrong on my side and I could not answer this. Please try again in a while.")
        _asked, answered = turn_records.store_messages(row, turn, engine.Reply(text, meta={"failed": True}), [])
        if answered is not None:
            payloads = turn_records.payloads(channel, event, answered)
            outbox.enqueue(channel, speaker.conversation, answered, payloads, request_id=row.request_id)
