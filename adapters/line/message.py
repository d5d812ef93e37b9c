"""Reads one LINE message: text with its mentions, and attachments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.events import Attachment
from adapters.mentions import without
from adapters.payload import as_id, as_int, as_list, as_number, as_object, as_text

Message = Mapping[str, Any]

_MEDIA = ("image", "video", "audio", "file")


def read_text(message: Message, own_id: str) -> tuple[str, bool]:
    """Returns the text without mentions of the bot, and whether the bot is mentioned.

    Mention positions count UTF-16 units, so they are applied to UTF-16.
    """
    text = as_text(message, "text")
    units = text.encode("utf-16-le", "surrogatepass")

    def place(unit: int) -> int:
        return len(units[: unit * 2].decode("utf-16-le", "replace"))

    spans = [(place(start), place(end)) for start, end in _own_mentions(message, own_id)]
    return (without(text, spans), True) if spans else (text, False)


def _own_mentions(message: Message, own_id: str) -> Iterator[tuple[int, int]]:
    for item in as_list(as_object(message, "mention"), "mentionees"):
        if not isinstance(item, dict):
            continue
        start, length = as_int(item, "index"), as_int(item, "length")
        ours = item.get("isSelf") is True or bool(own_id and as_id(item, "userId") == own_id)
        if ours and start is not None and length is not None and start >= 0 and length > 0:
            yield start, start + length


def attachments(message: Message) -> tuple[Attachment, ...]:
    """Returns the attachments of the message."""
    kind = as_text(message, "type")
    if kind in _MEDIA:
        return (_media(kind, message),)
    if kind == "location":
        return (
            Attachment(
                "location",
                name=as_text(message, "title") or as_text(message, "address") or None,
                details=(as_text(message, "title") and as_text(message, "address")) or None,
                latitude=as_number(message, "latitude"),
                longitude=as_number(message, "longitude"),
            ),
        )
    if kind == "sticker":
        words = ", ".join(word for word in as_list(message, "keywords") if isinstance(word, str))
        return (
            Attachment("sticker", as_id(message, "stickerId") or "", name=as_text(message, "text") or words or None),
        )
    return ()


def _media(kind: str, message: Message) -> Attachment:
    provider = as_object(message, "contentProvider")
    outside = as_text(provider, "type") == "external"
    duration = as_number(message, "duration")
    return Attachment(
        kind,
        as_id(message, "id") or "",
        # The content is on another server, so LINE has no download for this id.
        url=as_text(provider, "originalContentUrl") or None if outside else None,
        name=as_text(message, "fileName") or None,
        size=as_int(message, "fileSize"),
        duration=None if duration is None else duration / 1000,
    )
