"""Reads the generic payload: {"id", "user": {"id", "name"}, "chat": {"id", "type"}, "text", ...}.

Only text is required.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.commands import parse_command
from adapters.errors import MalformedPayload
from adapters.events import Attachment, Event, EventKind, Passage
from adapters.payload import as_id, as_list, as_number, as_object, as_text
from clawdbot.reasons import Reason

MAX_ID = 191  # characters; the product's columns hold no longer ids
MAX_FORWARDS = 100
DEFAULT_ID = "default"
_CHAT_TYPES = ("private", "group", "channel")
_KINDS = {"": EventKind.MESSAGE, "message": EventKind.MESSAGE, "action": EventKind.ACTION, "edit": EventKind.EDIT}


def read_event(payload: Mapping[str, Any], body: bytes) -> Event:
    """Reads one event. The hash of `body` is the dedupe key when the payload has no id.

    Raises:
        MalformedPayload: A message is empty, an action has no data, or an id is too long.
    """
    user_id, user_name = _party(payload, "user")
    chat_id, _ = _party(payload, "chat")
    message_id = _id(payload, "id")
    kind = _KINDS.get(as_text(payload, "type") or as_text(payload, "kind"), EventKind.IGNORED)
    text, data = as_text(payload, "text"), as_id(payload, "data")
    parts = tuple(_attachments(payload))
    quote = _quote(payload)
    forwarded, forwards = _forwards(payload, text)
    if kind in (EventKind.MESSAGE, EventKind.EDIT) and not text.strip() and not parts and not forwards:
        raise MalformedPayload(Reason("missing", what="text"))
    if kind is EventKind.ACTION and not data:
        raise MalformedPayload(Reason("missing", what="data"))
    command, _, args = parse_command(text)
    chat_type = as_text(as_object(payload, "chat"), "type") or as_text(payload, "chat_type")
    return Event(
        kind=kind,
        dedupe_key=message_id or hashlib.sha256(body).hexdigest(),
        # Without ids all messages belong to one conversation with one person: the other program.
        user_id=user_id or chat_id or DEFAULT_ID,
        chat_id=chat_id or user_id or DEFAULT_ID,
        chat_type=chat_type if chat_type in _CHAT_TYPES else "private",
        message_id=message_id,
        text=text,
        command=command,
        args=args,
        reply_to=_id(payload, "reply_to") or (quote.message_id if quote else "") or None,
        thread_id=_id(payload, "thread_id"),
        attachments=parts,
        mentions_bot=payload.get("mentions_bot") is True,
        data=data,
        target_message_id=_id(payload, "target_message_id"),
        user_name=user_name[:MAX_ID],
        forwarded=forwarded,
        forwards=forwards,
        quote=quote,
        raw=payload,
    )


def _quote(payload: Mapping[str, Any]) -> Passage | None:
    """Returns the message that this one answers: "quote" as an object or as its text."""
    quote = as_object(payload, "quote") or {"text": as_text(payload, "quote")}
    found = _passage(quote)
    return found if found.has_content or found.message_id else None


def _forwards(payload: Mapping[str, Any], text: str) -> tuple[bool, tuple[Passage, ...]]:
    """Returns whether somebody else wrote the text, and the forwarded messages."""
    listed = tuple(_passage(item) for item in as_list(payload, "forwards") if isinstance(item, dict))
    listed = tuple(passage for passage in listed[:MAX_FORWARDS] if passage.has_content)
    _, author = _party(payload, "forwarded_from")
    author = author or as_text(payload, "forwarded_from")
    if author or payload.get("forwarded") is True:
        return True, (Passage(text, author=author[:MAX_ID]), *listed)
    return bool(listed) and not text.strip(), listed


def _passage(item: Mapping[str, Any]) -> Passage:
    author_id, author = _party(item, "author")
    by_name = isinstance(item.get("author"), str)
    return Passage(
        text=as_text(item, "text"),
        author=(as_text(item, "author") if by_name else author)[:MAX_ID],
        author_id="" if by_name else author_id or "",
        by_bot=item.get("by_bot") is True,
        message_id=_id(item, "id") or "",
        attachments=tuple(_attachments(item)),
    )


def _id(source: Mapping[str, Any], key: str) -> str | None:
    value = as_id(source, key)
    if value is not None and len(value) > MAX_ID:
        raise MalformedPayload(Reason("too_long", key=key, count=MAX_ID))
    return value


def _party(payload: Mapping[str, Any], key: str) -> tuple[str | None, str]:
    """Returns id and name from {"user": {...}}, {"user": "id"} or {"user_id": "id"}."""
    nested = as_object(payload, key)
    found = _id(nested, "id") or _id(payload, key) or _id(payload, f"{key}_id")
    return found, as_text(nested, "name") or as_text(payload, f"{key}_name")


def _attachments(payload: Mapping[str, Any]) -> Iterator[Attachment]:
    for item in as_list(payload, "attachments"):
        if not isinstance(item, dict) or not as_text(item, "type"):
            raise MalformedPayload(Reason("attachment_without_type"))
        size = as_number(item, "size")
        yield Attachment(
            as_text(item, "type"),
            as_id(item, "id") or "",
            url=as_text(item, "url") or None,
            mime=as_text(item, "mime") or None,
            name=as_text(item, "name") or None,
            size=None if size is None else int(size),
            duration=as_number(item, "duration"),
            latitude=as_number(item, "latitude"),
            longitude=as_number(item, "longitude"),
            transcript=as_text(item, "transcript") or None,
        )
