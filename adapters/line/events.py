"""Converts LINE's webhook events to events. Pure; treats every field as untrusted, because any may be missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from adapters.commands import parse_command
from adapters.events import Event, EventKind
from adapters.line.message import attachments, read_text
from adapters.payload import as_id, as_int, as_list, as_object, as_text

Source = Mapping[str, Any]

_CHATS = (("group", "groupId"), ("room", "roomId"))
# Reply tokens of the console's test delivery, which nobody receives.
_DUMMY_TOKENS = frozenset({"0" * 32, "f" * 32})


def events_of(content: Source, own_id: str) -> tuple[Event, ...]:
    """Returns the events of one webhook event: several when several people joined or left."""
    kind = as_text(content, "type")
    source = as_object(content, "source")
    user_id = as_id(source, "userId")
    chat_id, chat_type = user_id, "private"
    for source_type, key in _CHATS:
        if as_text(source, "type") == source_type or as_id(source, key):
            chat_id, chat_type = as_id(source, key), "group"
            break
    base = Event(
        kind=EventKind.IGNORED,
        dedupe_key=as_id(content, "webhookEventId") or _fallback_key(content),
        user_id=user_id,
        chat_id=chat_id,
        chat_type=chat_type,
        reply_token=as_text(content, "replyToken") or None,
        change=kind[:64] or "unknown",
        raw=content,
    )
    if as_text(content, "mode") == "standby":
        return (replace(base, change="standby"),)  # another module of the account handles the chat
    if base.reply_token in _DUMMY_TOKENS:
        return (replace(base, change="trial"),)
    return _READERS.get(kind, _other)(base, content, own_id)


def _fallback_key(content: Source) -> str:
    """Returns a dedupe key for older deliveries without event id. Ignores the redelivery flag."""
    told = {key: value for key, value in content.items() if key != "deliveryContext"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8", "replace")).hexdigest()


def _message(base: Event, content: Source, own_id: str) -> tuple[Event, ...]:
    message = as_object(content, "message")
    text, mentioned = read_text(message, own_id)
    parts = attachments(message)
    command, _, args = parse_command(text)
    event = replace(
        base,
        change="",
        message_id=as_id(message, "id"),
        text=text,
        command=command,
        args=args,
        attachments=parts,
        mentions_bot=mentioned,
        reply_to=as_id(message, "quotedMessageId"),
        **_album(message),
    )
    if not text and not parts and not mentioned:
        kind = as_text(message, "type")[:64]
        return (replace(event, change=kind or "empty", unreadable="" if kind == "text" else kind),)
    return (replace(event, kind=EventKind.MESSAGE),)


def _album(message: Source) -> dict[str, Any]:
    """Returns the album of an image that was sent with others; older clients do not say which one of how many it is."""
    album = as_object(message, "imageSet")
    return {
        "album": as_id(album, "id") or "",
        "album_place": as_int(album, "index") or 0,
        "album_size": max(as_int(album, "total") or 0, 0),
    }


def _edited(base: Event, content: Source, own_id: str) -> tuple[Event, ...]:
    return tuple(
        replace(event, kind=EventKind.EDIT, target_message_id=event.message_id)
        if event.kind is EventKind.MESSAGE
        else replace(event, unreadable="")
        for event in _message(base, content, own_id)
    )


def _unsend(base: Event, content: Source, own_id: str) -> tuple[Event, ...]:
    target = as_id(as_object(content, "unsend"), "messageId")
    return (replace(base, kind=EventKind.DELETE, change="", message_id=target, target_message_id=target),)


def _postback(base: Event, content: Source, own_id: str) -> tuple[Event, ...]:
    postback = as_object(content, "postback")
    given = {key: value for key, value in as_object(postback, "params").items() if isinstance(value, str)}
    event = replace(base, kind=EventKind.ACTION, change="", data=as_text(postback, "data"), args=given)
    # A person picks a date or a time, but does not say the name of a rich menu.
    return (event if "newRichMenuAliasId" in given else replace(event, text=", ".join(given.values())),)


def _member(base: Event, content: Source, own_id: str) -> tuple[Event, ...]:
    """Reads that the bot was befriended or blocked, or joined or left a group. Event names are LINE's own."""
    return (replace(base, kind=EventKind.MEMBER, mentions_bot=True),)


def _others_came_or_went(base: Event, content: Source, own_id: str) -> tuple[Event, ...]:
    people = as_list(as_object(content, "joined" if base.change == "memberJoined" else "left"), "members")
    found = [as_id(person, "userId") for person in people if isinstance(person, dict)]
    return tuple(
        replace(
            base,
            kind=EventKind.MEMBER,
            user_id=user_id,
            dedupe_key=f"{base.dedupe_key}:{number}" if number else base.dedupe_key,
        )
        for number, user_id in enumerate(found)
    ) or (base,)


def _membership(base: Event, content: Source, own_id: str) -> tuple[Event, ...]:
    membership = as_object(content, "membership")
    return (replace(base, kind=EventKind.MEMBER, status=as_text(membership, "type")[:64]),)


def _linked(base: Event, content: Source, own_id: str) -> tuple[Event, ...]:
    link = as_object(content, "link")
    return (replace(base, status=as_text(link, "result")[:64], data=as_text(link, "nonce") or None),)


def _delivered(base: Event, content: Source, own_id: str) -> tuple[Event, ...]:
    data = as_text(as_object(content, "delivery"), "data")
    return (replace(base, kind=EventKind.STATUS, change="", status="delivered", data=data or None),)


def _other(base: Event, content: Source, own_id: str) -> tuple[Event, ...]:
    return (base,)


_READERS: dict[str, Callable[[Event, Source, str], tuple[Event, ...]]] = {
    "message": _message,
    "messageEdited": _edited,
    "unsend": _unsend,
    "postback": _postback,
    "follow": _member,
    "unfollow": _member,
    "join": _member,
    "leave": _member,
    "memberJoined": _others_came_or_went,
    "memberLeft": _others_came_or_went,
    "membership": _membership,
    "accountLink": _linked,
    "delivery": _delivered,
}
