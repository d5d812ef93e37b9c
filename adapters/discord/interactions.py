"""Converts interactions to events. Pure; treats every field as untrusted, because any may be missing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from adapters.discord.text import plain, with_names_of
from adapters.events import Attachment, Event, EventKind, Passage
from adapters.payload import as_id, as_int, as_list, as_number, as_object, as_text

Payload = Mapping[str, Any]

PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 1, 2, 3, 4, 5
_SUB_COMMAND, _SUB_COMMAND_GROUP, _ATTACHMENT = 1, 2, 11
_USER_TARGET, _MESSAGE_TARGET = 2, 3
_BOT_DM = 1  # interaction context
_DM_CHANNEL = 1  # channel type
_MAX_NESTING = 4


def event_of(payload: Payload, body: bytes) -> Event:
    """Returns the event of an interaction; `ignored` unless it is a command, component or form."""
    base = _base(payload, body)
    if base.change == "from_bot":
        return base
    data = as_object(payload, "data")
    kind = as_int(payload, "type")
    if kind == COMMAND:
        event = _command(base, data)
        return replace(event, text=plain(event.text))
    if kind == COMPONENT:
        return _component(base, data, as_object(payload, "message"))
    if kind == MODAL:
        event = _modal(base, data, as_object(payload, "message"))
        return replace(event, text=plain(event.text))
    return replace(base, change="autocomplete" if kind == AUTOCOMPLETE else f"type {kind}")


def _base(payload: Payload, body: bytes) -> Event:
    member = as_object(payload, "member")
    user = as_object(member, "user") or as_object(payload, "user")  # direct messages have no member
    name = as_text(member, "nick") or as_text(user, "global_name") or as_text(user, "username")
    return Event(
        kind=EventKind.IGNORED,
        dedupe_key=as_id(payload, "id") or hashlib.sha256(body).hexdigest(),
        user_id=as_id(user, "id"),
        user_name=name,
        # Not message.channel_id, because the message may have been forwarded from another channel.
        chat_id=as_id(payload, "channel_id") or as_id(as_object(payload, "channel"), "id"),
        chat_type="private" if _is_private(payload) else "group",
        reply_token=as_text(payload, "token") or None,
        mentions_bot=True,
        change="from_bot" if user.get("bot") is True else "",
        raw=payload,
    )


def _is_private(payload: Payload) -> bool:
    context = as_int(payload, "context")
    if context is not None:
        return context == _BOT_DM
    if as_id(payload, "guild_id"):
        return False
    kind = as_int(as_object(payload, "channel"), "type")
    return kind in (None, _DM_CHANNEL)


def _command(base: Event, data: Payload) -> Event:
    names, args = [as_text(data, "name")], dict[str, Any]()
    _read_options(data, names, args)
    resolved = as_object(data, "resolved")
    event = replace(
        base,
        kind=EventKind.COMMAND,
        command=" ".join(filter(None, names)).lower(),
        args=args,
        text=" ".join(_spoken(args.values(), resolved)),
        attachments=_files(as_object(resolved, "attachments").values()),
    )
    target = as_id(data, "target_id")
    kind = as_int(data, "type")
    if kind == _MESSAGE_TARGET and target:
        return _on_message(replace(event, target_message_id=target), as_object(resolved, "messages"), target)
    if kind == _USER_TARGET and target:
        return replace(event, data=target, text=" ".join(_spoken([target], resolved)))
    return event


def _on_message(event: Event, messages: Payload, target: str) -> Event:
    """Reads a command on a message: the message, what it forwards, and the message that it answers."""
    message = as_object(messages, target)
    snapshots = [as_object(item, "message") for item in as_list(message, "message_snapshots") if isinstance(item, dict)]
    found = (_passage(message), *map(_passage, snapshots))
    answered = as_object(message, "referenced_message")
    return replace(
        event,
        text="\n".join(filter(None, (passage.text for passage in found))),
        attachments=tuple(file for passage in found for file in passage.attachments),
        forwarded=True,
        forwards=tuple(passage for passage in found if passage.has_content),
        quote=_passage(answered) if answered else None,
    )


def _passage(message: Payload) -> Passage:
    author = as_object(message, "author")
    embeds = (item for item in as_list(message, "embeds") if isinstance(item, dict))
    lines = [plain(with_names_of(as_text(message, "content"), message))]
    lines += [as_text(embed, key) for embed in embeds for key in ("title", "description")]
    return Passage(
        text="\n".join(filter(None, lines)),
        author=as_text(author, "global_name") or as_text(author, "username"),
        author_id=as_id(author, "id") or "",
        message_id=as_id(message, "id") or "",
        attachments=_files(as_list(message, "attachments")),
    )


def _read_options(data: Payload, names: list[str], args: dict[str, Any], depth: int = 0) -> None:
    for option in as_list(data, "options"):
        if not isinstance(option, dict):
            continue
        kind = as_int(option, "type")
        if kind in (_SUB_COMMAND, _SUB_COMMAND_GROUP) and depth < _MAX_NESTING:
            names.append(as_text(option, "name"))
            _read_options(option, names, args, depth + 1)
        elif "value" in option and as_text(option, "name"):
            args[as_text(option, "name")] = option["value"]


_NAMES = (
    ("members", "nick", "@"),
    ("users", "global_name", "@"),
    ("users", "username", "@"),
    ("roles", "name", "@"),
    ("channels", "name", "#"),
)


def _spoken(values: Iterable[Any], resolved: Payload) -> Iterator[str]:
    """Returns option values as people see them, with names for ids. Skips files, which become attachments."""
    for value in values:
        if isinstance(value, (str, int, float)) and value not in as_object(resolved, "attachments"):
            found = (
                (sign, as_text(as_object(as_object(resolved, group), str(value)), key)) for group, key, sign in _NAMES
            )
            yield next((sign + name for sign, name in found if name), str(value))


def _files(items: Iterable[Any]) -> tuple[Attachment, ...]:
    return tuple(_attachment(item) for item in items if isinstance(item, dict))


def _attachment(item: Payload) -> Attachment:
    mime = as_text(item, "content_type").partition(";")[0]
    family = mime.partition("/")[0]
    kind = family if family in ("image", "audio", "video") else "file"
    if kind == "audio" and as_number(item, "duration_secs") is not None:
        kind = "voice"  # only voice messages have a duration
    return Attachment(
        kind,
        as_id(item, "id") or "",
        url=as_text(item, "url") or None,
        mime=mime or None,
        name=as_text(item, "filename") or None,
        size=as_int(item, "size"),
        duration=as_number(item, "duration_secs"),
    )


def _component(base: Event, data: Payload, message: Payload) -> Event:
    custom_id = as_text(data, "custom_id")
    picked = [value for value in as_list(data, "values") if isinstance(value, str)]
    message_id = as_id(message, "id")
    label = next((label for found, label in _labels(message) if found == custom_id), "")
    return replace(
        base,
        kind=EventKind.ACTION,
        data=custom_id,
        text=", ".join(_spoken(picked, as_object(data, "resolved"))) or label,
        args={"values": picked} if picked else "",
        message_id=message_id,
        target_message_id=message_id,
    )


def _labels(message: Payload) -> Iterator[tuple[str, str]]:
    for row in as_list(message, "components"):
        for item in as_list(row, "components") if isinstance(row, dict) else ():
            if isinstance(item, dict):
                yield as_text(item, "custom_id"), as_text(item, "label")


def _modal(base: Event, data: Payload, message: Payload) -> Event:
    given, resolved = dict(_inputs(data)), as_object(data, "resolved")
    message_id = as_id(message, "id")
    return replace(
        base,
        kind=EventKind.ACTION,
        data=as_text(data, "custom_id"),
        args={name: ", ".join(values) for name, values in given.items()},
        text="\n".join(filter(None, (", ".join(_spoken(values, resolved)) for values in given.values()))),
        attachments=_files(as_object(resolved, "attachments").values()),
        message_id=message_id,
        target_message_id=message_id,
    )


def _inputs(data: Payload) -> Iterator[tuple[str, list[str]]]:
    """Yields (id, values) of each field of a form. Fields are grouped in rows, or each has its own label."""
    for row in as_list(data, "components"):
        if not isinstance(row, dict):
            continue
        for item in (*as_list(row, "components"), as_object(row, "component")):
            if isinstance(item, dict) and as_text(item, "custom_id"):
                several = [value for value in as_list(item, "values") if isinstance(value, str)]
                yield as_text(item, "custom_id"), [as_text(item, "value")] if as_text(item, "value") else several


def webhook_event(payload: Payload, body: bytes) -> Event:
    """Reads a "webhook event": the application was added to an account or server, or removed."""
    content = as_object(payload, "event")
    kind = as_text(content, "type")
    data = as_object(content, "data")
    user = as_object(data, "user")
    known = {"APPLICATION_AUTHORIZED": "authorized", "APPLICATION_DEAUTHORIZED": "deauthorized"}
    return Event(
        kind=EventKind.MEMBER if kind in known else EventKind.IGNORED,
        dedupe_key=hashlib.sha256(body).hexdigest(),
        user_id=as_id(user, "id"),
        user_name=as_text(user, "global_name") or as_text(user, "username"),
        change=known.get(kind, kind[:64]),
        raw=payload,
    )
