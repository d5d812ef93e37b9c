"""Reads the content of a message: JSON in JSON, with a different shape for each message type."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.errors import MalformedPayload
from adapters.events import Attachment
from adapters.mentions import command_alone
from adapters.payload import as_id, as_list, as_number, as_object, as_text, parse_object

Json = Mapping[str, Any]

_MENTION_KEY = re.compile(r"(@_(?:user_\d+|all))([ \t]*)")
_MAX_CARD_DEPTH = 12
_PLACEHOLDER = "Merged and Forwarded Message"  # the whole content of a merged forward in an event


@dataclass(frozen=True, slots=True)
class Content:
    """Content of a message; mentions are still keys such as "@_user_1".

    Attributes:
        text: Text of the message.
        attachments: Files, images, locations.
        forwarded: Another person wrote the text.
        merged: It forwards several messages, which only the API gives.
        known: The bot can answer this message type.
    """

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    forwarded: bool = False
    merged: bool = False
    known: bool = True


def read_content(kind: str, encoded: str) -> Content:
    """Parses the `content` string of a message of this type; a malformed one has no text."""
    try:
        content = parse_object(encoded.encode("utf-8"))
    except MalformedPayload:
        content = {}
    reader = _READERS.get(kind)
    return reader(content) if reader else Content(known=False)


def _text(content: Json) -> Content:
    text = as_text(content, "text")
    return _merged(content) if text.strip() == _PLACEHOLDER else Content(text)


def _post(content: Json) -> Content:
    # Received posts have no language level, but copies of sent posts may.
    if "content" not in content:
        content = next((value for value in content.values() if isinstance(value, dict)), {})
    parts: list[Attachment] = []
    lines = [as_text(content, "title")]
    for line in as_list(content, "content"):
        words = [_span(span, parts) for span in (line if isinstance(line, list) else ()) if isinstance(span, dict)]
        lines.append("".join(words))
    return Content("\n".join(lines).strip(), tuple(parts))


def _span(span: Json, parts: list[Attachment]) -> str:
    tag = as_text(span, "tag")
    if tag == "img":
        parts.append(Attachment("image", as_text(span, "image_key")))
    elif tag == "media":
        parts.append(Attachment("video", as_text(span, "file_key")))
    if tag == "a":
        label, href = as_text(span, "text"), as_text(span, "href")
        return f"{label} ({href})" if href and href != label else label
    if tag == "at":
        key = as_text(span, "user_id")
        return key if _MENTION_KEY.fullmatch(key) else f"@{as_text(span, 'user_name')}"
    if tag == "code_block":
        return f"```{as_text(span, 'language').lower()}\n{as_text(span, 'text')}\n```"
    return "———" if tag == "hr" else as_text(span, "text")


def _file(kind: str, key: str = "file_key") -> Callable[[Json], Content]:
    def read(content: Json) -> Content:
        duration = as_number(content, "duration")
        part = Attachment(
            kind,
            as_text(content, key),
            name=as_text(content, "file_name") or None,
            duration=None if duration is None else duration / 1000,
        )
        return Content(attachments=(part,))

    return read


def _location(content: Json) -> Content:
    part = Attachment(
        "location",
        name=as_text(content, "name") or None,
        latitude=_degrees(content, "latitude", 90),
        longitude=_degrees(content, "longitude", 180),
    )
    return Content(attachments=(part,))


def _degrees(content: Json, key: str, limit: float) -> float | None:
    try:
        value = float(content.get(key) or "")
    except (TypeError, ValueError, OverflowError):
        return None
    return value if -limit <= value <= limit else None


def _contact(content: Json) -> Content:
    return Content(attachments=(Attachment("contact", as_text(content, "user_id") or as_text(content, "chat_id")),))


def _event(content: Json) -> Content:
    times = " – ".join(filter(None, (_time(content, key) for key in ("start_time", "end_time"))))
    part = Attachment("event", name=as_text(content, "summary") or as_text(content, "topic") or None, details=times)
    return Content(attachments=(part,))


def _time(content: Json, key: str) -> str:
    """Returns a time that comes as milliseconds in a string; "" for none."""
    told = as_id(content, key) or ""
    if not re.fullmatch("[0-9]{1,13}", told) or not int(told):
        return ""
    return f"{datetime.fromtimestamp(int(told) / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _task(content: Json) -> Content:
    summary = as_object(content, "summary")
    words = _post(summary).text
    due = _time(content, "due_time")
    return Content(attachments=(Attachment("task", name=words or None, details=due or None),))


def _vote(content: Json) -> Content:
    choices = [one for one in as_list(content, "options") if isinstance(one, str)]
    part = Attachment("poll", name=as_text(content, "topic") or None, details=" / ".join(choices) or None)
    return Content(attachments=(part,))


def _merged(content: Json) -> Content:
    return Content(forwarded=True, merged=True)


def _card(content: Json) -> Content:
    return Content("\n".join(filter(None, _card_texts(content, 0))), forwarded=True)


def _card_texts(value: Any, depth: int) -> Iterator[str]:
    if depth > _MAX_CARD_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _card_texts(item, depth + 1)
    elif isinstance(value, dict):
        yield as_text(value, "title") or as_text(value, "text") or as_text(value, "content")
        for key in ("header", "title", "text", "body", "elements", "columns", "fields"):
            if isinstance(value.get(key), (dict, list)):
                yield from _card_texts(value[key], depth + 1)


_READERS: dict[str, Callable[[Json], Content]] = {
    "text": _text,
    "post": _post,
    "image": _file("image", "image_key"),
    "file": _file("file"),
    "audio": _file("voice"),
    "media": _file("video"),
    "sticker": _file("sticker"),
    "location": _location,
    "share_user": _contact,
    "share_chat": _contact,
    "merge_forward": _merged,
    "share_calendar_event": _event,
    "calendar": _event,
    "general_calendar": _event,
    "video_chat": _event,
    "todo": _task,
    "vote": _vote,
    "interactive": _card,
}


@dataclass(frozen=True, slots=True)
class Addressed:
    """A text with its mentions resolved."""

    text: str
    mentions_bot: bool


def resolve_mentions(text: str, mentions: list[Any], bot_open_id: str) -> Addressed:
    """Removes mentions of the bot and writes out the names of others.

    Args:
        text: Text with keys such as "@_user_1".
        mentions: Mentions from the event: key, id and name of each.
        bot_open_id: The bot's open id; without it any mention that Feishu marks as a bot counts.
    """
    names: dict[str, str] = {"@_all": "@all"}
    own: set[str] = set()
    for mention in mentions:
        if not isinstance(mention, dict):
            continue
        key = as_text(mention, "key")
        names[key] = f"@{as_text(mention, 'name')}"
        open_id = as_text(as_object(mention, "id"), "open_id") or as_text(mention, "id")
        if open_id == bot_open_id if bot_open_id else as_text(mention, "mentioned_type") == "bot":
            own.add(key)

    def replace(match: re.Match[str]) -> str:
        return "" if match[1] in own else names.get(match[1], match[1]) + match[2]

    said = _MENTION_KEY.sub(replace, text).strip()
    return Addressed(command_alone(said) if own else said, bool(own))


_AT_TAG = re.compile(r"<at\b[^>]*>(.*?)</at>", re.DOTALL)


def without_at_tags(text: str) -> str:
    """Returns the text of a first-generation event without its mention tags."""
    return html.unescape(_AT_TAG.sub(lambda match: match[1], text)).strip()
