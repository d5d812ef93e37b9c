"""From a stored answer to what the outbox sends: one payload for each message the platform takes, in order."""

from __future__ import annotations

from typing import Any

from adapters import sending
from adapters.base import Adapter
from adapters.web.events import PLATFORM
from bots.channels import lookup
from bots.channels.web.frames import message_frame
from bots.files import sent
from bots.models import Channel, Message


def payloads(channel: Channel, message: Message, address: dict[str, Any]) -> list[dict[str, Any]]:
    """Keyword arguments of `adapters.events.OutgoingMessage`, one mapping for each message.

    A file the platform cannot take is put into words here, so that they join the text around it; its caption goes with
    it where the platform shows one, else behind it.

    Args:
        channel: Where to.
        message: The stored answer.
        address: What all of them have: chat, person, thread, reply token.
    """
    if channel.platform == PLATFORM:
        return [address | {"text": message.text, "data": message_frame(message)}]
    adapter = lookup.adapter_for(channel)
    if not message.attachments:
        return [address | {"text": text} for text in adapter.split(message.text)]
    found: list[dict[str, Any]] = []
    text = ""
    for part in sent.parts_of(message):
        if part.file is None:
            text = _joined(text, part.text)
            continue
        sendable, caption_fits, in_words = _judged(adapter, int(part.file["id"]), part.text)
        if not sendable:
            text = _joined(text, part.text, in_words)
            continue
        found += [{"text": piece} for piece in adapter.split(text)]
        told = {"id": int(part.file["id"]), "in_words": in_words}
        found.append({"text": part.text if caption_fits else "", "file": told})
        text = "" if caption_fits else part.text
    found += [{"text": piece} for piece in adapter.split(text)]
    return [address | payload for payload in found]


def _judged(adapter: Adapter[Any], file_id: int, caption: str) -> tuple[bool, bool, str]:
    """(the platform takes the file, its caption goes with it, the file in words)."""
    file = sent.outgoing(file_id)
    rule = next(sending.ways(adapter, file), None)
    fits = rule is not None and adapter.text_unit(caption) <= rule.caption
    return rule is not None, fits, file.in_words


def _joined(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))
