"""Reads one Telegram message: text with its entities, attachments, and the message it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.commands import parse_command
from adapters.events import Attachment
from adapters.mentions import Span, without
from adapters.payload import as_id, as_int, as_list, as_number, as_object, as_text
from adapters.telegram.content import structured

Message = Mapping[str, Any]

_WEB = ("https://", "http://")
_ORDER = "[>\n]"  # by the first character of a mark: a link begins, a line of a quote begins, a link ends
_BLOCK_QUOTES = frozenset({"blockquote", "expandable_blockquote"})


@dataclass(frozen=True, slots=True)
class Bot:
    """The bot's identity: its user id and its username without @ ("" when unknown)."""

    id: str
    username: str


@dataclass(frozen=True, slots=True)
class FoundText:
    """The text of a message, with its command and its mentions of the bot.

    Attributes:
        text: Text without mentions of the bot.
        command: Command name in lower case; "" when the text is no command.
        args: Text after the command.
        addressee: The bot in "/command@bot".
        mentions_bot: True when the text mentions the bot anywhere.
    """

    text: str = ""
    command: str = ""
    args: str = ""
    addressee: str = ""
    mentions_bot: bool = False


_CHAT_TYPES = {"private": "private", "group": "group", "supergroup": "group", "channel": "channel", "sender": "private"}


def chat_type(chat: Message) -> str:
    """Returns the neutral chat type: "private", "group" or "channel"."""
    return _CHAT_TYPES.get(as_text(chat, "type"), "private")


def display_name(person: Message) -> str:
    """Returns first and last name, else the title, else the username."""
    full = f"{as_text(person, 'first_name')} {as_text(person, 'last_name')}".strip()
    return full or as_text(person, "title") or as_text(person, "username")


def read_text(content: Message, bot: Bot) -> FoundText:
    """Reads text or caption. Entity offsets count UTF-16 units, so they are applied to UTF-16."""
    text, entities = _written(content)
    mentions = list(_mentions(text, entities, bot))
    text, mentions = _with_marks(text, entities, mentions)
    if mentions:
        text = without(text, mentions)
    name, addressee, args = parse_command(text)
    return FoundText(text, name, args, addressee, bool(mentions))


def plain_text(content: Message) -> str:
    """Returns text or caption with the addresses of hidden links, and with all mentions."""
    text, entities = _written(content)
    return _with_marks(text, entities, [])[0]


def _written(content: Message) -> tuple[str, list[Any]]:
    text = as_text(content, "text")
    if text:
        return text, as_list(content, "entities")
    return as_text(content, "caption"), as_list(content, "caption_entities")


def _with_marks(text: str, entities: list[Any], mentions: list[Span]) -> tuple[str, list[Span]]:
    """Writes block quotes and the addresses of hidden links into the text, as markdown, and moves the mentions."""
    found: list[Message] = [entity for entity in entities if isinstance(entity, dict)]
    inserts = [*_quote_marks(text, found), *_link_marks(text, found, mentions)]
    # From the end, so that positions stay true; of several marks at one place the last one inserted stands first.
    for at, mark in sorted(inserts, key=lambda one: (-one[0], _ORDER.index(one[1][0]))):
        text = text[:at] + mark + text[at:]
        mentions = [(a + len(mark), b + len(mark)) if a >= at else (a, b) for a, b in mentions]
    return text, mentions


def _quote_marks(text: str, entities: list[Message]) -> Iterator[tuple[int, str]]:
    """Yields a mark for each line of the words that the person shows as a quote."""
    lines: set[int] = set()
    for entity in entities:
        if as_text(entity, "type") in _BLOCK_QUOTES:
            start, end = _span(text, entity)
            lines |= {start} if end > start else set()
            lines |= {at + 1 for at in range(start, end - 1) if text[at] == "\n"}
    for at in lines:
        yield at, "> " if at == 0 or text[at - 1] == "\n" else "\n> "


def _link_marks(text: str, entities: list[Message], mentions: list[Span]) -> Iterator[tuple[int, str]]:
    for entity in entities:
        url = as_text(entity, "url")
        if as_text(entity, "type") != "text_link" or not url.startswith(_WEB):
            continue
        start, end = _span(text, entity)
        label = text[start:end]
        overlaps = any(start < there[1] and there[0] < end for there in mentions)
        if label.strip() and not overlaps and url.rstrip("/") != label.rstrip("/"):
            yield from ((end, f"]({url})"), (start, "["))


def _span(text: str, entity: Message) -> Span:
    """Returns the span of an entity in code points; an empty one when the entity is malformed."""
    offset, length = as_int(entity, "offset"), as_int(entity, "length")
    if offset is None or length is None or offset < 0 or length <= 0:
        return 0, 0
    units = text.encode("utf-16-le", "surrogatepass")
    start, end = (len(units[: at * 2].decode("utf-16-le", "replace")) for at in (offset, offset + length))
    return start, end


def _mentions(text: str, entities: list[Any], bot: Bot) -> Iterator[tuple[int, int]]:
    """Yields the spans, in code points, that mention the bot."""
    units = text.encode("utf-16-le", "surrogatepass")
    marked = False
    for entity in entities:
        if not isinstance(entity, dict):
            continue
        kind, offset, length = as_text(entity, "type"), as_int(entity, "offset"), as_int(entity, "length")
        if kind not in ("mention", "text_mention") or offset is None or length is None or offset < 0 or length <= 0:
            continue
        marked = True
        name = units[offset * 2 : (offset + length) * 2].decode("utf-16-le", "replace")
        by_name = kind == "mention" and bot.username and name.lower() == f"@{bot.username.lower()}"
        by_id = kind == "text_mention" and as_id(as_object(entity, "user"), "id") == bot.id
        if by_name or by_id:
            start = len(units[: offset * 2].decode("utf-16-le", "replace"))
            yield start, start + len(name)
    if not marked and bot.username and "@" in text:
        # Some clients and relays send no entities.
        for match in re.finditer(rf"(?<![\w@/])@{re.escape(bot.username)}(?!\w)", text, re.IGNORECASE):
            yield match.span()


def reply_target(content: Message, bot: Bot) -> tuple[str | None, bool]:
    """Returns the id of the message this one answers, and whether the bot wrote it."""
    target = as_object(content, "reply_to_message")
    message_id = as_id(target, "message_id")
    # Every message of a forum topic "answers" the service message that opened the topic.
    if message_id is None or "forum_topic_created" in target:
        return None, False
    return message_id, as_id(as_object(target, "from"), "id") == bot.id


_MEDIA = (
    ("voice", "voice"),
    ("audio", "audio"),
    ("video", "video"),
    ("video_note", "video_note"),
    ("animation", "video"),
    ("document", "file"),
    ("sticker", "sticker"),
)


def attachments(content: Message) -> tuple[Attachment, ...]:
    """Returns the attachments of the message."""
    return tuple(_attachments(content))


def _attachments(content: Message) -> Iterator[Attachment]:
    sizes = [size for size in as_list(content, "photo") if isinstance(size, dict) and as_id(size, "file_id")]
    if sizes:
        largest = max(sizes, key=lambda size: (as_number(size, "width") or 0) * (as_number(size, "height") or 0))
        yield Attachment("image", as_id(largest, "file_id") or "", size=as_int(largest, "file_size"))
    for key, kind in _MEDIA:
        if key == "document" and "animation" in content:
            continue  # Telegram repeats an animation as a document for old clients
        media = as_object(content, key)
        file_id = as_id(media, "file_id")
        if file_id:
            yield Attachment(
                kind,
                file_id,
                mime=as_text(media, "mime_type") or None,
                name=as_text(media, "file_name") or as_text(media, "emoji") or None,
                size=as_int(media, "file_size"),
                duration=as_number(media, "duration"),
            )
    yield from structured(content)
