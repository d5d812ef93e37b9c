"""Builds the engine's input from a claimed row."""

from __future__ import annotations

import json
from dataclasses import replace

from django.utils import timezone, translation

from adapters.commands import parse_command
from adapters.events import Event
from bots.channels import lookup, presses
from bots.i18n.language import language_of
from bots.models import Channel, InboundEvent
from bots.people.reception import Arrival
from bots.pipeline import engine
from bots.pipeline.dispatch import passages, spoken_words
from clawdbot.chinese import simplified


def without_unknown_command(event: Event) -> Event:
    """Returns a typed message without its command if it is unknown, or in the words of somebody else.

    In a group such a message is not meant for the bot.
    """
    name = simplified(event.command.lower().removeprefix("/"))
    if event.kind != "message" or not event.command or (name in engine.COMMAND_NAMES and not event.forwarded):
        return event
    return replace(event, command="", args="")


def is_for_another(arrival: Arrival) -> bool:
    """Returns whether a message in a group is a command that this bot does not know and that does not name it.

    Several bots of a group see each message; only the one that knows the command answers.
    """
    event, group = arrival.event, arrival.speaker.group
    if group is None or event.kind != "message" or event.forwarded or event.mentions_bot or event.reply_to:
        return False
    name, _addressee, _arguments = parse_command(event.text)
    return bool(name) and not engine.knows_command(group.bot_id, simplified(name), event.text)


def build(row: InboundEvent, channel: Channel, arrival: Arrival) -> engine.Turn:
    """Returns the turn of this event, without its files and without stream callbacks."""
    event, speaker, facts = arrival.event, arrival.speaker, arrival.facts
    typed = _typed(event)
    language = _language(event, typed, facts.language or speaker.person.language)
    with translation.override(language):
        text, forwards = passages.said(event, typed)
        passed_on = passages.block(forwards)
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
        forwards=forwards,
        passed_on=passed_on,
        language=language,
        staff=facts.staff or lookup.is_simulated(channel),
        now=timezone.now(),
        is_first_try=row.attempts == 1 and row.waiting_since is None and not row.begun_anew,
    )


def reword(turn: engine.Turn, event: Event) -> None:
    """Gives a turn the text of this event, which is its own with what was heard in its recordings."""
    turn.event = event
    turn.language = _language(event, event.text, turn.language)
    with translation.override(turn.language):
        turn.text, turn.forwards = passages.said(event, event.text)
        turn.passed_on = passages.block(turn.forwards)


def stored_text(event: Event, language: str) -> str:
    """Returns the text that is stored of a message in this language, as `engine.Turn.whole_text` of its turn."""
    with translation.override(language):
        text, forwards = passages.said(event, _typed(event))
        return "\n\n".join(filter(None, (text, passages.block(forwards))))


def _typed(event: Event) -> str:
    text = _pressed(event) if event.kind == "action" else event.text
    return spoken_words.joined(text, spoken_words.of_platform(event.attachments))


def _language(event: Event, typed: str, usual: str) -> str:
    """Returns the language to answer in.

    For a text of neither script, and for words of somebody else: `usual`, which is the language of the chat page, else
    that of the person's last turn.
    """
    return language_of("" if event.forwarded and usual else typed, usual)


def _pressed(event: Event) -> str:
    """Returns the text of a pressed button: the value picked or typed, else its payload (an object as JSON).

    A button of a message of ours is named by its payload; the engine knows its words.
    """
    for named in (event.args, event.data):
        if isinstance(named, str) and presses.read(named) is not None:
            return named
    if event.args and event.text:
        return event.text
    if isinstance(event.data, str):
        return event.data
    return json.dumps(event.data, ensure_ascii=False) if event.data else ""
