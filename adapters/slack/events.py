"""Converts Events API envelopes to events. Pure; treats every field as untrusted, because any may be missing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapters.commands import parse_command
from adapters.events import MIGRATED, Event, EventKind
from adapters.payload import as_id, as_list, as_object, as_text
from adapters.slack.files import attachments
from adapters.slack.passages import shared
from adapters.slack.text import read_text

Payload = Mapping[str, Any]

# Subtypes of ordinary messages from a person; Slack itself or a program sends every other subtype.
_SPOKEN = frozenset({"", "file_share", "me_message", "thread_broadcast"})
_MEMBERSHIP = {
    "channel_join": "joined",
    "group_join": "joined",
    "channel_leave": "left",
    "group_leave": "left",
    "member_joined_channel": "joined",
    "member_left_channel": "left",
}
_SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class Context:
    """Facts about the bot from the account and the envelope.

    Attributes:
        own_ids: User ids of the bot.
        in_threads: Each new message in a channel starts its own thread.
    """

    own_ids: Collection[str] = ()
    in_threads: bool = False


def body_key(body: bytes) -> str:
    """Returns a dedupe key for a payload without id."""
    return hashlib.sha256(body).hexdigest()


def own_ids(envelope: Payload, bot_user_id: str) -> frozenset[str]:
    """Returns the bot's user ids: from the account, else those that the envelope names as receivers."""
    if bot_user_id:
        return frozenset({bot_user_id})
    authorized = [item for item in as_list(envelope, "authorizations") if isinstance(item, dict)]
    found = {as_text(item, "user_id") for item in authorized if item.get("is_bot") is True}
    if not authorized:
        found = {item for item in as_list(envelope, "authed_users") if isinstance(item, str)}
    return frozenset(found - {""})


def chat_type_of(chat_id: str | None, told: str = "") -> str:
    """Returns the neutral chat type. Ids of direct messages begin with D."""
    if told:
        return "private" if told in ("im", "app_home") else "group"
    return "private" if (chat_id or "").startswith("D") else "group"


def event_of(envelope: Payload, body: bytes, context: Context) -> Event:
    """Returns the event of an `event_callback`; an unknown one is `ignored`."""
    content = as_object(envelope, "event")
    kind = as_text(content, "type")
    chat_id = as_id(content, "channel")
    base = Event(
        kind=EventKind.IGNORED,
        dedupe_key=as_text(envelope, "event_id") or body_key(body),
        chat_id=chat_id,
        chat_type=chat_type_of(chat_id, as_text(content, "channel_type")),
        change=kind[:64],
        raw=envelope,
    )
    return _READERS.get(kind, _other)(base, content, context)


def _by_bot(message: Payload) -> bool:
    """Returns whether a program wrote the message. Modern bots send no subtype, but always a bot_id."""
    subtype = as_text(message, "subtype")
    return bool(as_id(message, "bot_id")) or subtype == "bot_message" or as_text(message, "user") == _SLACKBOT


def _message(base: Event, content: Payload, context: Context) -> Event:
    subtype = as_text(content, "subtype")
    if subtype == "message_changed":
        return _changed(base, content, context)
    if subtype == "message_deleted":
        return _deleted(base, content)
    if subtype in _MEMBERSHIP:
        return _member(replace(base, change=subtype), content, context)
    base = replace(_spoken(base, content, context), change="")
    if _by_bot(content) or (subtype == "file_share" and base.user_id in context.own_ids):
        return replace(base, change="from_bot")  # file uploads of a bot lack its bot_id
    if subtype not in _SPOKEN or not base.user_id:
        return replace(base, change=subtype[:64] or "service")
    if not base.text and not base.attachments and not base.mentions_bot:
        holds = next((key for key in ("files", "attachments", "blocks") if as_list(content, key)), "")
        return replace(base, change="empty", unreadable=holds)
    # With both subscriptions a mention comes twice: as `message` and as `app_mention`.
    named = base.mentions_bot and base.chat_type != "private"
    return replace(base, kind=EventKind.MESSAGE, twin_key=f"{base.chat_id}:{base.message_id}" if named else "")


def _spoken(base: Event, content: Payload, context: Context) -> Event:
    """Reads text and context of one message."""
    text, mentioned = read_text(content, context.own_ids)
    forwards = shared(content)
    passed_on = "\n".join(filter(None, (one.text for one in forwards)))
    command, _, args = parse_command(text)
    own_ts, thread = as_id(content, "ts"), as_id(content, "thread_ts")
    parent = thread if thread != own_ts else None
    opens_thread = context.in_threads and base.chat_type == "group"
    profile = as_object(content, "user_profile")
    return replace(
        base,
        user_id=as_id(content, "user"),
        user_name=as_text(profile, "display_name") or as_text(profile, "real_name"),
        message_id=own_ts,
        text=text or passed_on,
        forwarded=bool(forwards) and not text,
        forwards=forwards,
        command=command,
        args=args,
        attachments=(*attachments(content), *(file for one in forwards for file in one.attachments)),
        thread_id=parent or (own_ts if opens_thread else None),
        reply_to=parent,
        mentions_bot=mentioned or as_text(content, "parent_user_id") in context.own_ids,
    )


def _mention(base: Event, content: Payload, context: Context) -> Event:
    event = _message(base, content, context)
    if event.kind is not EventKind.MESSAGE:
        return event
    if as_object(content, "edited"):  # `message_changed` reports the same edit, where the bot subscribes to it
        return replace(event, kind=EventKind.EDIT, mentions_bot=True, target_message_id=event.message_id, twin_key="")
    # This event proves the mention, whatever the ids say.
    return replace(event, mentions_bot=True, twin_key=f"{event.chat_id}:{event.message_id}")


def _changed(base: Event, content: Payload, context: Context) -> Event:
    new, old = as_object(content, "message"), as_object(content, "previous_message")
    if as_text(new, "subtype") == "tombstone":
        return _deleted(base, {**content, "deleted_ts": as_id(new, "ts") or as_id(old, "ts")})
    event = _spoken(base, new, context)
    target = as_id(new, "ts") or as_id(old, "ts")
    event = replace(event, message_id=target, target_message_id=target, change="", reply_to=None)
    if _by_bot(new):
        return replace(event, change="from_bot")
    if old and as_text(new, "text") == as_text(old, "text"):
        return replace(event, change="unfurled")  # Slack added a link preview
    return replace(event, kind=EventKind.EDIT)


def _deleted(base: Event, content: Payload) -> Event:
    old = as_object(content, "previous_message")
    target = as_id(content, "deleted_ts") or as_id(old, "ts")
    event = replace(base, user_id=as_id(old, "user"), message_id=target, target_message_id=target, change="")
    return replace(event, change="from_bot") if _by_bot(old) else replace(event, kind=EventKind.DELETE)


def _member(base: Event, content: Payload, context: Context) -> Event:
    user_id = as_id(content, "user")
    return replace(
        base,
        kind=EventKind.MEMBER,
        change=_MEMBERSHIP.get(base.change, base.change),
        user_id=user_id,
        mentions_bot=user_id in context.own_ids,  # the bot itself joined or left
    )


def _migrated(base: Event, content: Payload, context: Context) -> Event:
    """Reads that a channel has a new id: it became private, or is shared with another workspace."""
    old, new = as_id(content, "old_channel_id"), as_id(content, "new_channel_id")
    if not old or not new or old == new:
        return base
    return replace(
        base,
        kind=EventKind.MEMBER,
        change=MIGRATED,
        chat_id=old,
        chat_type=chat_type_of(old),
        data=new,
        new_ids={old: new},
    )


def _reaction(base: Event, content: Payload, context: Context) -> Event:
    item = as_object(content, "item")
    added = base.change == "reaction_added"
    chat_id = as_id(item, "channel")
    return replace(
        base,
        kind=EventKind.REACTION,
        change="added" if added else "removed",
        emoji=as_text(content, "reaction") if added else "",
        data=as_text(content, "reaction"),
        user_id=as_id(content, "user"),
        chat_id=chat_id,
        chat_type=chat_type_of(chat_id),
        message_id=as_id(item, "ts"),
        target_message_id=as_id(item, "ts") or as_id(item, "file"),
    )


def _other(base: Event, content: Payload, context: Context) -> Event:
    user = content.get("user")
    thread = as_object(content, "assistant_thread")
    chat_id = base.chat_id or as_id(thread, "channel_id")
    return replace(
        base,
        user_id=user if isinstance(user, str) else as_id(as_object(content, "user"), "id") or as_id(thread, "user_id"),
        chat_id=chat_id,
        chat_type=chat_type_of(chat_id, as_text(content, "channel_type")),
        thread_id=as_id(thread, "thread_ts"),
    )


_READERS: dict[str, Callable[[Event, Payload, Context], Event]] = {
    "message": _message,
    "app_mention": _mention,
    "member_joined_channel": _member,
    "member_left_channel": _member,
    "channel_id_changed": _migrated,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
}
