"""Converts webhook notifications to events. Pure; treats every field as untrusted, because any may be missing.

One notification may hold several messages and statuses, including those of other phone numbers of the same app.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.commands import parse_command
from adapters.events import Event, EventKind
from adapters.mentions import without
from adapters.payload import as_id, as_list, as_object, as_text
from adapters.whatsapp.message import about, attachments, pressed, read_text

Payload = Mapping[str, Any]

BUSINESS_ACCOUNT = "whatsapp_business_account"
_REFUSED = ("unsupported", "unknown", "errors")


@dataclass(frozen=True, slots=True)
class Number:
    """The account's own phone number.

    Attributes:
        id: Phone number id.
        digits: The phone number itself; "" when unknown.
    """

    id: str
    digits: str = ""


@dataclass(frozen=True, slots=True)
class _Book:
    """The contacts of one notification: ids and names by phone number and by user id."""

    by_id: dict[str, Payload] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Payload) -> _Book:
        book = cls()
        for contact in as_list(value, "contacts"):
            for key in ("wa_id", "user_id") if isinstance(contact, dict) else ():
                if found := as_id(contact, key):
                    book.by_id[found] = contact
        return book


def events_of(payload: Payload, body: bytes, number: Number) -> Iterator[Event]:
    """Returns the events of one notification, in its order."""
    digest = hashlib.sha256(body).hexdigest()
    if as_text(payload, "object") != BUSINESS_ACCOUNT:
        yield Event(kind=EventKind.IGNORED, dedupe_key=digest, change="unknown", raw=payload)
        return
    count = 0
    for entry in as_list(payload, "entry"):
        for change in as_list(entry, "changes") if isinstance(entry, dict) else ():
            if not isinstance(change, dict):
                continue
            base = Event(
                kind=EventKind.IGNORED,
                dedupe_key=f"{digest}:{count}" if count else digest,
                change=as_text(change, "field")[:64] or "unknown",
                raw=change,
            )
            count += 1
            yield from _change(base, as_text(change, "field"), as_object(change, "value"), number)


def _change(base: Event, subject: str, value: Payload, number: Number) -> Iterator[Event]:
    if subject != "messages":
        yield base  # templates, quality, account and the like, which concern the operator
        return
    foreign = as_id(as_object(value, "metadata"), "phone_number_id") not in (None, number.id)
    book = _Book.of(value)
    found = [item for item in as_list(value, "messages") if isinstance(item, dict)]
    told = [item for item in as_list(value, "statuses") if isinstance(item, dict)]
    events = [_message(base, item, book, number) for item in found] + [_status(base, item, book) for item in told]
    for place, event in enumerate(events):
        if event.dedupe_key == base.dedupe_key and place:
            event = replace(event, dedupe_key=f"{base.dedupe_key}.{place}")
        yield replace(event, kind=EventKind.IGNORED, change="other_number") if foreign else event
    if not events:
        yield replace(base, change="error" if as_list(value, "errors") else "empty")


def _with_people(base: Event, phone: str | None, user_id: str | None, book: _Book) -> Event:
    """Adds the person: phone number with the user id as second id; the user id alone when WhatsApp omits the number."""
    contact = book.by_id.get(phone or "") or book.by_id.get(user_id or "") or {}
    if not contact and not phone and not user_id and len({id(item) for item in book.by_id.values()}) == 1:
        contact = next(iter(book.by_id.values()))
    phone = phone or as_id(contact, "wa_id")
    user_id = user_id or as_id(contact, "user_id")
    profile = as_object(contact, "profile")
    return replace(
        base,
        user_id=phone or user_id,
        alt_user_id=user_id if phone else None,
        chat_id=phone or user_id,
        user_name=as_text(profile, "name") or as_text(profile, "username"),
        raw=base.raw,
    )


def _message(base: Event, message: Payload, book: _Book, number: Number) -> Event:
    event = _with_people(base, as_id(message, "from"), as_id(message, "from_user_id"), book)
    context = as_object(message, "context")
    group = as_id(message, "group_id")
    message_id = as_id(message, "id")
    kind = as_text(message, "type")
    event = replace(
        event,
        dedupe_key=message_id or base.dedupe_key,
        message_id=message_id,
        chat_id=group or event.chat_id,
        chat_type="group" if group else "private",
        reply_to=as_id(context, "id"),
        mentions_bot=as_id(context, "from") in (number.id, number.digits or number.id),
        forwarded=context.get("forwarded") is True or context.get("frequently_forwarded") is True,
        change="",
    )
    if number.digits and event.user_id == number.digits:
        return replace(event, change="from_self")
    return _without_mention(_READERS.get(kind, _content)(event, message), number)


def _without_mention(event: Event, number: Number) -> Event:
    """Marks a group message that mentions the bot's number, and takes the mention off its text."""
    if event.chat_type != "group" or not number.digits:
        return event
    spans = [match.span() for match in re.finditer(rf"(?<![A-Za-z0-9])@{re.escape(number.digits)}(?!\d)", event.text)]
    if not spans:
        return event
    text = without(event.text, spans).strip()
    command, _, args = parse_command(text)
    return replace(event, text=text, command=command, args=args, mentions_bot=True)


def _content(event: Event, message: Payload) -> Event:
    kind = as_text(message, "type")
    press = pressed(message)
    if press is not None:
        return replace(event, kind=EventKind.ACTION, data=press.data, text=press.text, target_message_id=event.reply_to)
    text, parts = read_text(message), attachments(message)
    if kind in _REFUSED or (not text and not parts):
        return replace(event, change=kind[:64] or "unsupported", unreadable=_unreadable_kind(message, kind))
    parts += about(message)
    command, _, args = parse_command(text)
    return replace(event, kind=EventKind.MESSAGE, text=text, command=command, args=args, attachments=parts)


# Content to which nobody expects an answer.
_SILENT = frozenset({"text", "call_permission_reply", "reaction", "edit", "revoke", "pin", "keep_in_chat"})


def _unreadable_kind(message: Payload, kind: str) -> str:
    """Returns the kind of a message that cannot be read; "" when nobody expects an answer."""
    told = as_text(as_object(message, kind), "type") if kind in (*_REFUSED, "interactive") else ""
    return "" if _SILENT & {kind, told} else (told or kind)[:64] or "unsupported"


def _reaction(event: Event, message: Payload) -> Event:
    reaction = as_object(message, "reaction")
    emoji = as_text(reaction, "emoji")
    return replace(
        event,
        kind=EventKind.REACTION,
        change="added" if emoji else "removed",
        emoji=emoji,
        target_message_id=as_id(reaction, "message_id"),
    )


def _edit(event: Event, message: Payload) -> Event:
    edit = as_object(message, "edit")
    content = as_object(edit, "message")
    return replace(
        event,
        kind=EventKind.EDIT,
        text=read_text(content),
        attachments=attachments(content),
        target_message_id=as_id(edit, "original_message_id"),
    )


def _revoke(event: Event, message: Payload) -> Event:
    target = as_id(as_object(message, "revoke"), "original_message_id")
    return replace(event, kind=EventKind.DELETE, target_message_id=target)


def _system(event: Event, message: Payload) -> Event:
    """Reads that a person has a new number, user id or device. Without a number the previous id names the person."""
    system = as_object(message, "system")
    person = event.user_id or as_id(system, "previous_user_id")
    return replace(
        event,
        kind=EventKind.MEMBER,
        user_id=person,
        chat_id=event.chat_id or person,
        text=as_text(system, "body"),
        change=as_text(system, "type")[:64] or "system",
        data=as_id(system, "wa_id") or as_id(system, "new_wa_id") or as_id(system, "user_id"),
        new_ids=_new_ids(system, event.user_id),
    )


def _new_ids(system: Payload, phone: str | None) -> dict[str, str]:
    """Returns the new phone number and the new user id of a person by the old ones; a new number also has a new id."""
    if not as_text(system, "type").endswith(("changed_number", "changed_user_id")):
        return {}
    user_id = as_id(system, "user_id")
    number = as_id(system, "wa_id") or as_id(system, "new_wa_id")  # the second one until version 11
    pairs = (
        # Without the new number, the old one is no longer the person's either.
        (as_id(system, "customer") or phone, number or user_id),
        (as_id(system, "previous_user_id"), user_id),
    )
    return {old: new for old, new in pairs if old and new and old != new}


def _welcome(event: Event, message: Payload) -> Event:
    return replace(event, kind=EventKind.MEMBER, change="started")


def _status(base: Event, status: Payload, book: _Book) -> Event:
    message_id, state = as_id(status, "id"), as_text(status, "status")
    person = as_id(status, "recipient_id")
    group = person if as_text(status, "recipient_type") == "group" else None
    errors = [item for item in as_list(status, "errors") if isinstance(item, dict)]
    event = _with_people(base, None if group else person, as_id(status, "recipient_user_id"), book)
    return replace(
        event,
        kind=EventKind.STATUS,
        # "sent", "delivered" and "read" share one message id.
        dedupe_key=f"{message_id}:{state}" if message_id else base.dedupe_key,
        status=state,
        target_message_id=message_id,
        chat_id=group or event.chat_id,
        chat_type="group" if group else "private",
        data=as_id(errors[0], "code") if errors else None,
        change="",
    )


_READERS: dict[str, Callable[[Event, Payload], Event]] = {
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "system": _system,
    "request_welcome": _welcome,
}
