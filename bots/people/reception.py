"""Finds the author of a message and decides how the bot handles it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from adapters.events import Event
from adapters.web.events import WebFacts
from bots.models import Channel
from bots.people import admission, display_names, references
from bots.people.identities import Speaker, find_speaker, web_facts, with_chat_type


class Standing(Enum):
    """How the bot handles a message."""

    STRANGER = "the channel does not admit the account"
    IGNORED = "the person is blocked, or the message was not meant for the bot"
    OVERHEARD = "it was not meant for the bot, and the group's memory keeps it"
    ADDRESSED = "the bot answers"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message whose author is known.

    Attributes:
        event: The event, with its chat type filled in.
        speaker: The author and the open conversation.
        facts: What the browser sent; empty on other platforms.
        standing: How the bot handles the message.
    """

    event: Event
    speaker: Speaker
    facts: WebFacts
    standing: Standing


def receive(channel: Channel, event: Event, *, ask_name: bool = True) -> Arrival:
    """Finds the author and conversation of a message. Creates both on the first message.

    Args:
        channel: The channel of the message.
        event: The message.
        ask_name: Ask the platform for the name of an admitted account that has none yet.
    """
    event = with_chat_type(channel, event)
    speaker = find_speaker(channel, event)
    standing = _standing(channel, event, speaker)
    if ask_name and standing is not Standing.STRANGER:
        display_names.learn(channel, event, speaker.identity)
        event = references.named(channel, event)
    return Arrival(event, speaker, web_facts(channel, event), standing)


def _standing(channel: Channel, event: Event, speaker: Speaker) -> Standing:
    if not admission.is_admitted(channel, speaker.identity):
        return Standing.STRANGER
    if speaker.person.blocked:
        return Standing.IGNORED
    if admission.is_addressed(channel, speaker.group, event):
        return Standing.ADDRESSED
    return Standing.OVERHEARD if admission.overhears(channel, speaker.group, event) else Standing.IGNORED
