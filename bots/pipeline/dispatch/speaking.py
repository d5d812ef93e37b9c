"""Reads an answer aloud, where the bot is set so. Without the sound, for whatever reason, its text is sent alone."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any

from adapters.base import Adapter
from adapters.web.events import PLATFORM
from bots import speech
from bots.channels import lookup
from bots.files.sent import SpokenAnswer
from bots.limits.account import Account
from bots.llm.errors import LimitReached, ModelError
from bots.models import Bot, InboundEvent, Message, sql
from bots.pipeline import engine
from bots.pipeline.dispatch import listening
from bots.speech import amr
from bots.speech.speakable import speakable
from bots.speech.synthesis import AMR, FORMATS

logger = logging.getLogger(__name__)

_Replies = Bot.VoiceReplies


def with_voice(row: InboundEvent, turn: engine.Turn, reply: engine.Reply) -> engine.Reply:
    """Returns the reply with its text read aloud, or as it is."""
    if not _wanted(turn, reply):
        return reply
    adapter = lookup.adapter_for(turn.channel)
    formats, text = playable(adapter), speakable(reply.text)
    if not formats or not text or not speech.can_speak():
        return reply
    try:
        spoken = speech.speak(text, formats, Account(turn.owners, turn.payments))
    except LimitReached:
        return reply
    except ModelError as error:
        logger.warning("the answer to inbound %s is not read aloud: %s", row.pk, error)
        return reply
    values = {"spoken_characters": spoken.characters, "cost": spoken.cost}
    usage = listening.usage(turn, spoken.provider, spoken.model, spoken.ms, **values)
    turn.staged.append(partial(sql.insert, usage))
    name = f"answer.{spoken.ending}"
    if row.draft_id:  # the text takes the place of the draft, so it is a message of its own
        return replace(reply, parts=(reply.text, SpokenAnswer(spoken.body, name, voice=True)))
    return replace(reply, parts=(SpokenAnswer(spoken.body, name, reply.text, voice=True),))


def playable(adapter: Adapter[Any] | type[Adapter[Any]]) -> list[str]:
    """Returns the formats that the platform shows as a voice message or as sound, best first."""
    if adapter.platform == PLATFORM:
        return ["mp3"]  # not every browser plays Opus in Ogg
    found: list[str] = []
    for kind, names in (("voice", ("opus", "mp3")), ("audio", ("mp3", "opus"))):
        for rule in adapter.file_rules:
            found += [name for name in names if rule.kind == kind and (not rule.types or FORMATS[name] in rule.types)]
    if not found and any(rule.kind == "voice" and "audio/amr" in rule.types for rule in adapter.file_rules):
        return [AMR] if amr.can_make() else []
    return list(dict.fromkeys(found))


def _wanted(turn: engine.Turn, reply: engine.Reply) -> bool:
    setting = turn.bot.voice_replies
    if setting == _Replies.NEVER or (setting == _Replies.SPOKEN_TO and not turn.heard):
        return False
    # What an act says is known only when it is committed; files are sent as they are.
    if reply.silent or reply.act is not None or reply.parts or reply.failure or not reply.text.strip():
        return False
    # A question with buttons is to be read, and so is what replaces an answer.
    return not ({Message.BUTTONS, Message.ACTIONS, Message.FAILED} & set(reply.meta))
