"""Reads chat records: several messages that a person forwards as one, as DingTalk and WeCom write them.

Neither platform documents every shape of an entry, so names of fields are tried in turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.events import Attachment, Passage
from adapters.payload import as_id, as_object, as_text
from clawdbot.storable_text import storable

MAX_RECORDS = 100
_MAX_DEPTH = 6
_LISTS = ("chatRecord", "item", "items", "msg_item", "records", "messages", "list")
_AUTHORS = ("senderNick", "sender_name", "senderName", "nickname", "name", "sender", "from")
_AUTHOR_IDS = ("senderStaffId", "senderId", "sender_id", "userid", "from")
_WORDS = ("content", "msg_content", "text", "value", "richText", "recognition", "markdown", "summary", "title")
_KINDS = ("msgType", "msgtype", "msg_type", "type")
_FILES = {
    "picture": "image",
    "image": "image",
    "voice": "voice",
    "audio": "voice",
    "video": "video",
    "file": "file",
    "emotion": "sticker",
    "sticker": "sticker",
}


def records(value: Any) -> tuple[Passage, ...]:
    """Returns the messages of a chat record in their order; () when it names none.

    Args:
        value: The list of entries, an object that holds it, or either as a JSON string.
    """
    entries = _entries(value, 0)[:MAX_RECORDS]
    return tuple(passage for entry in entries if (passage := _passage(entry)).has_content)


def _entries(value: Any, depth: int) -> list[Mapping[str, Any]]:
    value = _parsed(value)
    if isinstance(value, list):
        return [entry for entry in map(_parsed, value) if isinstance(entry, dict)]
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        for key in _LISTS:
            if found := _entries(value.get(key), depth + 1):
                return found
    return []


def _passage(entry: Mapping[str, Any]) -> Passage:
    kind = next((told for key in _KINDS if (told := as_text(entry, key))), "").lower()
    kind = kind.removeprefix("chatrecord")
    file = _FILES.get(kind)
    inside = as_object(entry, kind)
    name = as_text(inside, "filename") or as_text(inside, "fileName") or as_text(entry, "fileName")
    parts = (Attachment(file, name=storable(name) or None),) if file else ()
    # The content of a file is its key, not its words; only a recording has some.
    words = storable(as_text(entry, "recognition")) if file else text_of(inside or entry)
    return Passage(
        # JSON inside a string of JSON was not checked with the payload.
        text=words,
        author=storable(_first(entry, _AUTHORS, "name")),
        author_id=storable(_first(entry, _AUTHOR_IDS, "userid")),
        attachments=parts,
    )


def _first(entry: Mapping[str, Any], keys: Iterable[str], nested: str) -> str:
    for key in keys:
        if found := as_id(entry, key) or as_id(as_object(entry, key), nested):
            return found
    return ""


def text_of(value: Any, depth: int = 0) -> str:
    """Returns the storable words of a content: a text, an object or a list that holds it, or one of these as JSON."""
    value = _parsed(value)
    if isinstance(value, str):
        return storable(value)
    if depth >= _MAX_DEPTH:
        return ""
    if isinstance(value, list):
        return "".join(text_of(part, depth + 1) for part in value[:MAX_RECORDS])
    if isinstance(value, dict):
        return next((words for key in _WORDS if (words := text_of(value.get(key), depth + 1)).strip()), "")
    return ""


def _parsed(value: Any) -> Any:
    """Returns what a string of JSON holds; other values, and other strings, as they are."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return found if isinstance(found, (dict, list)) else value
