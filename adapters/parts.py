"""Parts of a message: attachments, and passages of other messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a message that is not text.

    Attributes:
        type: "image", "voice", "audio", "video", "video_note" (a face that speaks), "file", "sticker", "location",
            "contact" or another short word.
        id: The platform's id for the download; "" when there is none.
        url: Direct address, where the platform gives one. It comes from a payload, so fetch it with `public_only`.
        mime: Content type according to the platform.
        name: File name, or the name of a place or contact.
        size: Bytes, None when unknown.
        duration: Seconds, None when unknown.
        latitude: Degrees, for a location.
        longitude: Degrees, for a location.
        transcript: Result of the platform's own speech recognition.
        details: What it says besides its name: the address of a place, the choices of a poll, the items of an order.
    """

    type: str
    id: str = ""
    url: str | None = None
    mime: str | None = None
    name: str | None = None
    size: int | None = None
    duration: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    transcript: str | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of another message: one that a message quotes, or one that it forwards.

    With a `message_id` alone, the pipeline looks the message up (see `adapters.earlier_messages`).

    Attributes:
        text: Text of that message.
        excerpt: The part of it that the person marked; "" for the whole message.
        author: Display name of its author; "" when unknown.
        author_id: The platform's id of the author.
        by_bot: The bot wrote it.
        message_id: The platform's id of that message; in a merged forward, the id to fetch it by.
        attachments: Parts of that message that are not text.
    """

    text: str = ""
    excerpt: str = ""
    author: str = ""
    author_id: str = ""
    by_bot: bool = False
    message_id: str = ""
    attachments: tuple[Attachment, ...] = ()

    @property
    def has_content(self) -> bool:
        return bool(self.text.strip() or self.excerpt.strip() or self.attachments)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Passage:
        """Rebuilds a passage from `Event.to_dict`. Ignores keys of a later version."""
        known = {name: item for name, item in value.items() if name in _PASSAGE_FIELDS}
        return cls(**{**known, "attachments": attachments_of(value)})


_ATTACHMENT_FIELDS = frozenset(f.name for f in fields(Attachment))
_PASSAGE_FIELDS = frozenset(f.name for f in fields(Passage))


def as_lines(passages: Iterable[Passage]) -> str:
    """Returns the words of several messages, each after the name of its author."""
    named = ((passage.author, passage.text.strip()) for passage in passages)
    return "\n".join(f"{author}: {text}" if author else text for author, text in named if text)


def plain(value: Any) -> Any:
    """Returns a field's value as JSON has it: objects without what they leave empty."""
    if isinstance(value, (Attachment, Passage)):
        found = {f.name: getattr(value, f.name) for f in fields(value)}
        return {name: plain(item) for name, item in found.items() if item not in (None, ())}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


def attachments_of(value: Mapping[str, Any]) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(**{k: v for k, v in item.items() if k in _ATTACHMENT_FIELDS})
        for item in value.get("attachments", ())
    )
