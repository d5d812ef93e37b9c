"""What a claimed row says, as the engine takes it."""

from __future__ import annotations

import json

from django.utils import timezone

from adapters.events import Event
from bots.i18n.language import language_of
from bots.models import Channel, InboundEvent
from bots.people.reception import Arrival
from bots.pipeline import engine


def build(row: InboundEvent, channel: Channel, arrival: Arrival) -> engine.Turn:
    """The turn of this event, before files are fetched and somebody waits for its tokens."""
    event, speaker, facts = arrival.event, arrival.speaker, arrival.facts
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
        version=speaker.version,
        event=event,
        client_id=facts.client_id,
        inbound_id=row.pk,
        text=text,
        # A page is in the language that its reader chose; elsewhere the person's last words tell.
        language=language_of(text, facts.language or speaker.person.language),
        now=timezone.now(),
    )


def _pressed(event: Event) -> str:
    """What a button says: what was picked or typed with it, else its text payload, or its object as JSON."""
    if event.args and event.text:
        return event.text
    if isinstance(event.data, str):
        return event.data
    return json.dumps(event.data, ensure_ascii=False) if event.data else ""
