"""Splits a stored answer into the outbox payloads: one for each message the platform takes, in order."""

from __future__ import annotations

from functools import partial
from typing import Any

from adapters import sending
from adapters.base import Adapter
from adapters.web.events import PLATFORM
from bots.channels import lookup, presses
from bots.channels.web.frames import message_frame
from bots.files import sent
from bots.models import Channel, Message
from bots.pipeline.outbox import mentions
from clawdbot.skills.buttons import Buttons, is_listed


def payloads(channel: Channel, message: Message, address: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns keyword arguments of `adapters.events.OutgoingMessage`, one mapping for each message.

    A file that the platform cannot take becomes a sentence in the surrounding text. A caption is sent with its file
    where the platform shows captions of that length, else as text after the file.

    Args:
        channel: The channel to send through.
        message: The stored answer.
        address: Arguments that all messages share: chat, person, thread, reply token.
    """
    if channel.platform == PLATFORM:
        return [address | {"text": message.text, "data": message_frame(message)}]
    made = _messages(channel, message, address)
    labels = message.meta.get(Message.BUTTONS, ())
    rows = Buttons(*labels).rows(partial(presses.name, message.pk), listed=is_listed(labels, message.text))
    rows += [[dict(action) for action in actions]] if (actions := message.meta.get(Message.ACTIONS)) else []
    if made and rows:
        made[-1] = made[-1] | {"data": {**made[-1].get("data", {}), "buttons": rows}}
    return made


def _messages(channel: Channel, message: Message, address: dict[str, Any]) -> list[dict[str, Any]]:
    adapter = lookup.adapter_for(channel)
    if adapter.mentions_people and (people := mentions.mentionable(message.conversation, message.text)):
        address = address | {"data": {"mentions": people}}
    if not message.attachments:
        return [address | {"text": text} for text in adapter.split(message.text)]
    found: list[dict[str, Any]] = []
    text = ""
    for part in sent.parts_of(message):
        if part.file is None:
            text = _joined(text, part.text)
            continue
        sendable, caption_fits, in_words = _way_of(adapter, int(part.file["id"]), part.text)
        if not sendable:
            text = _joined(text, part.text, in_words)
            continue
        found += [{"text": piece} for piece in adapter.split(text)]
        file = {"id": int(part.file["id"]), "in_words": in_words}
        found.append({"text": part.text if caption_fits else "", "file": file})
        text = "" if caption_fits else part.text
    found += [{"text": piece} for piece in adapter.split(text)]
    return [address | payload for payload in found]


def _way_of(adapter: Adapter[Any], file_id: int, caption: str) -> tuple[bool, bool, str]:
    """Returns (whether the platform takes the file, whether its caption fits, the file in words)."""
    file = sent.outgoing(file_id)
    rule = next(sending.ways(adapter, file), None)
    fits = rule is not None and adapter.text_unit(caption) <= rule.caption
    return rule is not None, fits, file.in_words


def _joined(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))
