"""Converts Telegram's updates to events. Pure; treats every field as untrusted, because any may be missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from adapters.errors import MalformedPayload
from adapters.events import MIGRATED, Event, EventKind
from adapters.payload import as_id, as_int, as_list, as_object, as_text
from adapters.telegram.content import unreadable_kind
from adapters.telegram.message import Bot, attachments, display_name, read_text, reply_target
from adapters.telegram.passages import is_forwarded, origin, quoted
from adapters.telegram.people import from_bot, with_people
from adapters.telegram.threads import thread_of
from clawdbot.reasons import Reason

Update = Mapping[str, Any]

# Requested explicitly, because Telegram omits reactions and member changes by default.
ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "callback_query",
    "message_reaction",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
)


def events_of(update: Update, bot: Bot) -> tuple[Event, ...]:
    """Returns the events of one update; one `ignored` event for an unknown kind.

    Raises:
        MalformedPayload: The update has no numeric update_id, or its content is no object.
    """
    number = update.get("update_id")
    if isinstance(number, bool) or not isinstance(number, int):
        raise MalformedPayload(Reason("missing", what="update_id"))
    kind = next((key for key in update if key != "update_id"), "")
    base = Event(kind=EventKind.IGNORED, dedupe_key=str(number), change=kind[:64], raw=update)
    if not kind:
        return (base,)
    content = update[kind]
    if not isinstance(content, dict):
        raise MalformedPayload(Reason("not_an_object", name=kind[:64]))
    return _READERS.get(kind, _other)(base, content, bot)


def _message(base: Event, content: Update, bot: Bot) -> tuple[Event, ...]:
    event = replace(
        with_people(base, content, as_object(content, "chat")),
        message_id=as_id(content, "message_id"),
        thread_id=thread_of(content),
        change="",
    )
    service = _service(event, content)
    if service is not None:
        return (service,)
    if from_bot(content) or content.get("is_automatic_forward") is True:
        return (replace(event, change="from_bot"),)
    if "business_connection_id" in content and event.user_id != event.chat_id:
        return (replace(event, change="from_owner"),)  # the business itself wrote to its customer
    found = read_text(content, bot)
    parts = attachments(content)
    if not found.text and not found.mentions_bot and not parts:
        return (replace(event, change="service", unreadable=unreadable_kind(content)),)
    reply_to, answers_bot = reply_target(content, bot)
    forwarded = is_forwarded(content)
    ours = not found.addressee or not bot.username or found.addressee.lower() == bot.username.lower()
    if not ours and event.chat_type != "private":
        return (replace(event, text=found.text, change="other_bot"),)
    return (
        replace(
            event,
            kind=EventKind.MESSAGE,
            text=found.text,
            command=found.command,
            args=found.args,
            attachments=parts,
            mentions_bot=found.mentions_bot or answers_bot or bool(found.addressee and ours and not forwarded),
            reply_to=reply_to,
            forwarded=forwarded,
            forwards=(replace(origin(content, bot), text=found.text),) if forwarded else (),
            quote=quoted(content, bot),
            album=as_id(content, "media_group_id") or "",
            album_place=as_int(content, "message_id") or 0,
        ),
    )


def _service(event: Event, content: Update) -> Event | None:
    """Reads a message that reports a member change or a migration; None for an ordinary message."""
    moved_to, moved_from = as_id(content, "migrate_to_chat_id"), as_id(content, "migrate_from_chat_id")
    if moved_to:
        return _migration(event, event.chat_id, moved_to)
    if moved_from:
        # The new chat reports the same migration; both events say old chat -> new chat.
        return _migration(event, moved_from, event.chat_id)
    joined = [person for person in as_list(content, "new_chat_members") if isinstance(person, dict)]
    left = as_object(content, "left_chat_member")
    if not joined and not left:
        return None
    person = joined[0] if joined else left
    return replace(
        event,
        kind=EventKind.MEMBER,
        change="joined" if joined else "left",
        user_id=as_id(person, "id"),
        user_name=display_name(person),
    )


def _migration(event: Event, old: str | None, new: str | None) -> Event:
    # Only groups migrate.
    moved = {old: new} if old and new and old != new and event.chat_type == "group" else {}
    return replace(event, kind=EventKind.MEMBER, change=MIGRATED, chat_id=old, data=new, new_ids=moved)


def _edited(base: Event, content: Update, bot: Bot) -> tuple[Event, ...]:
    return tuple(
        replace(event, kind=EventKind.EDIT, target_message_id=event.message_id)
        if event.kind is EventKind.MESSAGE
        else replace(event, unreadable="")
        for event in _message(base, content, bot)
    )


def _deleted(base: Event, content: Update, bot: Bot) -> tuple[Event, ...]:
    gone = [str(number) for number in as_list(content, "message_ids") if isinstance(number, int)]
    event = with_people(replace(base, change=""), content, as_object(content, "chat"))
    return tuple(
        replace(
            event,
            kind=EventKind.DELETE,
            thread_id=thread_of(content),
            dedupe_key=base.dedupe_key if len(gone) == 1 else f"{base.dedupe_key}:{message_id}",
            message_id=message_id,
            target_message_id=message_id,
        )
        for message_id in gone
    ) or (base,)


def _callback(base: Event, content: Update, bot: Bot) -> tuple[Event, ...]:
    message = as_object(content, "message")
    event = with_people(base, content, as_object(message, "chat"))
    if from_bot(content):
        return (replace(event, change="from_bot"),)
    message_id = as_id(message, "message_id")
    return (
        replace(
            event,
            kind=EventKind.ACTION,
            change="",
            alt_user_id=None,
            message_id=message_id,
            target_message_id=message_id or as_id(content, "inline_message_id"),
            thread_id=thread_of(message),
            data=as_text(content, "data") or as_text(content, "game_short_name"),
            reply_token=as_id(content, "id"),
        ),
    )


def _reaction(base: Event, content: Update, bot: Bot) -> tuple[Event, ...]:
    event = with_people(base, content, as_object(content, "chat"))
    if from_bot(content):
        return (replace(event, change="from_bot"),)
    message_id = as_id(content, "message_id")
    new, old = (_emoji(as_list(content, key)) for key in ("new_reaction", "old_reaction"))
    added = [emoji for emoji in new if emoji not in old]
    return (
        replace(
            event,
            kind=EventKind.REACTION,
            change="added" if added else "removed",
            emoji=(added or new or [""])[0],
            message_id=message_id,
            target_message_id=message_id,
        ),
    )


def _emoji(reactions: list[Any]) -> list[str]:
    found = (
        as_text(item, "emoji") or as_text(item, "custom_emoji_id") or as_text(item, "type")
        for item in reactions
        if isinstance(item, dict)
    )
    return [emoji for emoji in found if emoji]


_MEMBERSHIP = {
    "creator": "joined",
    "administrator": "promoted",
    "member": "joined",
    "restricted": "restricted",
    "left": "left",
    "kicked": "removed",
}


def _member(base: Event, content: Update, bot: Bot) -> tuple[Event, ...]:
    event = with_people(base, content, as_object(content, "chat"))
    new = as_object(content, "new_chat_member")
    status = as_text(new, "status")
    change = "left" if new.get("is_member") is False else _MEMBERSHIP.get(status, status)
    if base.change == "my_chat_member":
        # About the bot itself; in a private chat it reports that the user blocked the bot.
        if event.chat_type == "private":
            change = {"removed": "blocked", "joined": "unblocked"}.get(change, change)
        return (replace(event, kind=EventKind.MEMBER, change=change, status=status, mentions_bot=True),)
    person = as_object(new, "user")
    if person:
        event = replace(event, user_id=as_id(person, "id"), user_name=display_name(person), alt_user_id=None)
    return (replace(event, kind=EventKind.MEMBER, change=change, status=status),)


def _join_request(base: Event, content: Update, bot: Bot) -> tuple[Event, ...]:
    event = with_people(base, content, as_object(content, "chat"))
    return (replace(event, kind=EventKind.MEMBER, change="join_request"),)


def _other(base: Event, content: Update, bot: Bot) -> tuple[Event, ...]:
    return (with_people(base, content, as_object(content, "chat")),)


_READERS: dict[str, Callable[[Event, Update, Bot], tuple[Event, ...]]] = {
    "message": _message,
    "edited_message": _edited,
    "channel_post": _message,
    "edited_channel_post": _edited,
    "business_message": _message,
    "edited_business_message": _edited,
    "deleted_business_messages": _deleted,
    "callback_query": _callback,
    "message_reaction": _reaction,
    "my_chat_member": _member,
    "chat_member": _member,
    "chat_join_request": _join_request,
}
