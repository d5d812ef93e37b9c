"""Builds the engine's input from a claimed row."""

from __future__ import annotations

import json
from dataclasses import replace

from django.utils import timezone, translation

from adapters.events import Event
from bots.channels import lookup
from bots.i18n.language import language_of
from bots.models import Channel, InboundEvent
from bots.people.reception import Arrival
from bots.pipeline import engine
from bots.pipeline.dispatch import attachment_words
from clawdbot.chinese import simplified


def without_unknown_command(event: Event) -> Event:
    """Returns a typed message with an unknown command as one without: in a group it is not meant for the bot."""
    name = simplified(event.command.lower().removeprefix("/"))
    if event.kind != "message" or not event.command or name in engine.COMMAND_NAMES:
        return event
    return replace(event, command="", args="")


def build(row: InboundEvent, channel: Channel, arrival: Arrival) -> engine.Turn:
    """Returns the turn of this event, without its files and without stream callbacks."""
    event, speaker, facts = arrival.event, arrival.speaker, arrival.facts
    text = _pressed(event) if event.kind == "action" else event.text
    # Without a text, use the platform's transcript of a voice message.
    transcript = " ".join(item.transcript for item in event.attachments if item.transcript)
    text = text.strip() or transcript.strip()
    # For a text of neither script: the language of the chat page, else that of the person's last turn.
    language = language_of(text, facts.language or speaker.person.language)
    if not event.command:
        with translation.override(language):
            text = "\n".join(filter(None, (text, attachment_words.in_words(event))))
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
        language=language,
        staff=facts.staff or lookup.is_simulated(channel),
        now=timezone.now(),
    )


def _pressed(event: Event) -> str:
    """Returns the text of a pressed button: the value picked or typed, else its payload (an object as JSON)."""
    if event.args and event.text:
        return event.text
    if isinstance(event.data, str):
        return event.data
    return json.dumps(event.data, ensure_ascii=False) if event.data else ""
