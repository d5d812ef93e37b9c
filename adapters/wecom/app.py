"""Converts the decrypted XML callbacks of an application to events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from adapters.commands import parse_command
from adapters.errors import MalformedPayload
from adapters.events import Attachment, Event, EventKind
from adapters.payload import as_list, as_object, as_text
from clawdbot.reasons import Reason

Xml = Mapping[str, Any]

# Buttons and menu entries. Others are ignored: they need no answer (a link) or a message follows (images).
_ACTIONS = frozenset({"click", "template_card_event", "template_card_menu_event", "scancode_push", "scancode_waitmsg"})
_MEMBER = {"subscribe": "subscribe", "unsubscribe": "unsubscribe", "enter_agent": "enter"}
TOKEN_SEPARATOR = "|"  # noqa: S105 - between member and response code in `Event.reply_token`


def event_of(content: Xml) -> Event:
    """Reads one callback.

    Raises:
        MalformedPayload: The type or the fields that identify the callback are missing.
    """
    kind = as_text(content, "MsgType")
    if not kind:
        raise MalformedPayload(Reason("missing", what="MsgType"))
    return _event(content) if kind == "event" else _message(content, kind)


def _base(content: Xml, dedupe_key: str) -> Event:
    user = as_text(content, "FromUserName") or None
    return Event(kind=EventKind.IGNORED, dedupe_key=dedupe_key, user_id=user, chat_id=user, raw=content)


def _message(content: Xml, kind: str) -> Event:
    message_id = as_text(content, "MsgId")
    if not message_id or not as_text(content, "FromUserName"):
        raise MalformedPayload(Reason("missing", what="MsgId/FromUserName"))
    base = replace(_base(content, message_id), message_id=message_id)
    if kind == "text":
        text = as_text(content, "Content").strip()
        command, _, args = parse_command(text)
        return replace(base, kind=EventKind.MESSAGE, text=text, command=command, args=args)
    if kind == "link":
        parts = [as_text(content, name) for name in ("Title", "Description", "Url")]
        part = Attachment("link", url=parts[2] or None, name=parts[0] or None)
        text = "\n".join(filter(None, parts))
        return replace(base, kind=EventKind.MESSAGE, text=text, attachments=(part,))
    read = _PARTS.get(kind)
    if read is None:
        return replace(base, change=kind, unreadable=kind[:64])
    part = read(content)
    return replace(base, kind=EventKind.MESSAGE, text=part.transcript or "", attachments=(part,))


def _media(kind: str, mime: str | None = None) -> Callable[[Xml], Attachment]:
    def read(content: Xml) -> Attachment:
        return Attachment(
            kind,
            as_text(content, "MediaId"),
            url=as_text(content, "PicUrl") or None,
            mime=f"audio/{content['Format']}" if kind == "voice" and as_text(content, "Format") else mime,
            name=as_text(content, "FileName") or as_text(content, "Title") or None,
            transcript=as_text(content, "Recognition") or None,
        )

    return read


def _location(content: Xml) -> Attachment:
    # X is the latitude, contrary to convention.
    return Attachment(
        "location",
        latitude=_degrees(as_text(content, "Location_X"), 90),
        longitude=_degrees(as_text(content, "Location_Y"), 180),
        name=as_text(content, "Label") or as_text(content, "Poiname") or None,
    )


def _degrees(text: str, limit: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if -limit <= value <= limit else None


_PARTS: dict[str, Callable[[Xml], Attachment]] = {
    "image": _media("image"),
    "voice": _media("voice"),
    "video": _media("video"),
    "shortvideo": _media("video"),
    "file": _media("file"),
    "location": _location,
}


def _event(content: Xml) -> Event:
    name = as_text(content, "Event")
    user, created, key = (as_text(content, field) for field in ("FromUserName", "CreateTime", "EventKey"))
    if not name or not created:
        raise MalformedPayload(Reason("missing", what="Event/CreateTime"))
    base = _base(content, ":".join(filter(None, (user, created, name, key))))
    if name == "change_contact":
        return _directory(base, content)
    # Callbacks about the directory come from "sys", which nobody can answer.
    if not user or user == "sys":
        return replace(base, user_id=None, chat_id=None, change=name)
    name = name.lower()  # older documentation has CLICK, newer has click
    if name in _MEMBER:
        return replace(base, kind=EventKind.MEMBER, change=_MEMBER[name])
    if name == "location_select":
        part = _location(as_object(content, "SendLocationInfo"))
        return replace(base, kind=EventKind.ACTION, data=key, attachments=(part,))
    if name not in _ACTIONS:
        return replace(base, change=name)
    return _action(base, content, name, key)


def _directory(base: Event, content: Xml) -> Event:
    """Reads a change of the directory; only a member's new user id concerns the bot."""
    old, new = as_text(content, "UserID"), as_text(content, "NewUserID")
    base = replace(base, user_id=None, chat_id=None, change="change_contact")
    if as_text(content, "ChangeType") != "update_user" or not old or not new or old == new:
        return base
    key = f"{base.dedupe_key}:{old}"  # several members may change in one second
    return replace(base, kind=EventKind.MEMBER, dedupe_key=key, user_id=old, chat_id=old, data=new, new_ids={old: new})


def _action(base: Event, content: Xml, name: str, key: str) -> Event:
    scanned = as_text(as_object(content, "ScanCodeInfo"), "ScanResult")
    code = as_text(content, "ResponseCode")
    chosen = _selected(content)
    picked = [option for options in chosen.values() for option in options]
    return replace(
        base,
        kind=EventKind.ACTION,
        data=key,
        text=scanned or ", ".join(picked),
        args=chosen or "",
        message_id=as_text(content, "TaskId") or None,
        reply_token=f"{base.user_id}{TOKEN_SEPARATOR}{code}" if code else None,
        change=name if name != "click" else "",
    )


def _selected(content: Xml) -> dict[str, list[str]]:
    """Returns the choices in the lists of a card: option ids by question."""
    items = as_object(content, "SelectedItems")
    found = items.get("SelectedItem")
    chosen: dict[str, list[str]] = {}
    for item in found if isinstance(found, list) else [found]:
        if not isinstance(item, dict):
            continue
        options = as_object(item, "OptionIds")
        ids = as_list(options, "OptionId") or [as_text(options, "OptionId")]
        chosen[as_text(item, "QuestionKey")] = [one for one in ids if isinstance(one, str) and one]
    return chosen
