"""Converts Feishu's callbacks to events: the second generation (schema 2.0), the first one, and card actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adapters.commands import parse_command
from adapters.errors import MalformedPayload
from adapters.events import Event, EventKind, Passage
from adapters.feishu import members
from adapters.feishu.cards import card, menu, old_card
from adapters.feishu.content import read_content, resolve_mentions, without_at_tags
from adapters.feishu.people import UNKNOWN_CHAT_TYPE, Json, alt_id, open_id
from adapters.payload import as_id, as_list, as_object, as_text
from clawdbot.reasons import Reason

Events = tuple[Event, ...]


def events_of(content: Json, app_id: str, bot_open_id: str) -> Events:
    """Reads a verified callback, except the check of the address.

    Raises:
        MalformedPayload: Nothing identifies the callback.
    """
    header = as_object(content, "header")
    if header:
        name, key, sender_app = as_text(header, "event_type"), as_id(header, "event_id"), as_text(header, "app_id")
    elif "action" in content:
        return (old_card(content),)
    else:
        event = as_object(content, "event")
        name, key, sender_app = f"v1.{as_text(event, 'type')}", as_id(content, "uuid"), as_text(event, "app_id")
    if not key or not name:
        raise MalformedPayload(Reason("event_without_id"))
    base = Event(kind=EventKind.IGNORED, dedupe_key=key, change=name, raw=content)
    if sender_app and sender_app != app_id:
        return (replace(base, change="other_app"),)
    reader = _READERS.get(name)
    if reader is None:
        return (base,)
    return reader(replace(base, change=""), as_object(content, "event"), bot_open_id)


def _chat_type(told: str) -> str:
    return "private" if told == "p2p" else "group"


def _message(base: Event, event: Json, bot: str) -> Events:
    sender, message = as_object(event, "sender"), as_object(event, "message")
    message_id, chat_id = as_id(message, "message_id"), as_id(message, "chat_id")
    if not message_id or not chat_id:
        raise MalformedPayload(Reason("missing", what="message_id/chat_id"))
    ids = as_object(sender, "sender_id")
    thread_id = as_id(message, "thread_id")
    base = replace(
        base,
        user_id=open_id(ids),
        alt_user_id=alt_id(ids),
        chat_id=chat_id,
        chat_type=_chat_type(as_text(message, "chat_type")),
        message_id=message_id,
        # In a thread the parent may be missing; its first message is the root.
        reply_to=as_id(message, "parent_id") or as_id(message, "root_id"),
        thread_id=thread_id,
        # An answer reaches a thread only as a reply to one of its messages.
        reply_token=message_id if thread_id else None,
    )
    kind = as_text(message, "message_type")
    if as_text(sender, "sender_type") not in ("user", ""):
        return (replace(base, change="from_bot"),)
    content = read_content(kind, as_text(message, "content"))
    if not content.known:
        return (replace(base, change=kind, unreadable="" if kind == "system" else kind[:64]),)
    said = resolve_mentions(content.text, as_list(message, "mentions"), bot)
    command, _, args = parse_command(said.text)
    return (
        replace(
            base,
            kind=EventKind.MESSAGE,
            text=said.text,
            command=command,
            args=args,
            attachments=content.attachments,
            forwarded=content.forwarded,
            forwards=(Passage(message_id=message_id),) if content.merged else (),
            mentions_bot=said.mentions_bot,
        ),
    )


def _v1_message(base: Event, event: Json, bot: str) -> Events:
    message_id, chat_id = as_id(event, "open_message_id"), as_id(event, "open_chat_id")
    if not message_id or not chat_id:
        raise MalformedPayload(Reason("missing", what="open_message_id/open_chat_id"))
    kind = as_text(event, "msg_type")
    base = replace(
        base,
        user_id=as_id(event, "open_id"),
        alt_user_id=as_id(event, "employee_id"),
        chat_id=chat_id,
        chat_type="group" if as_text(event, "chat_type") == "group" else "private",
        message_id=message_id,
        reply_to=as_id(event, "parent_id") or as_id(event, "root_id"),
        mentions_bot=event.get("is_mention") is True,
    )
    text = as_text(event, "text_without_at_bot") or without_at_tags(as_text(event, "text"))
    content = read_content(kind, "{}")
    if not content.known:
        return (replace(base, change=kind, unreadable=kind[:64]),)
    parts = tuple(replace(part, id=as_text(event, f"{kind}_key")) for part in content.attachments)
    command, _, args = parse_command(text)
    text = text.strip() or as_text(event, "title").strip()
    return (replace(base, kind=EventKind.MESSAGE, text=text, command=command, args=args, attachments=parts),)


def _recalled(base: Event, event: Json, bot: str) -> Events:
    message_id = as_id(event, "message_id")
    chat_id = as_id(event, "chat_id")
    return (
        replace(
            base,
            kind=EventKind.DELETE,
            chat_id=chat_id,
            chat_type=UNKNOWN_CHAT_TYPE,
            message_id=message_id,
            target_message_id=message_id,
        ),
    )


def _read(base: Event, event: Json, bot: str) -> Events:
    reader = as_object(as_object(event, "reader"), "reader_id") or event  # the first generation is flat
    told = as_list(event, "message_id_list") or as_list(event, "open_message_ids")
    ids = [one for one in told if isinstance(one, str) and one]
    base = replace(base, kind=EventKind.STATUS, status="read", user_id=open_id(reader), alt_user_id=alt_id(reader))
    if len(ids) == 1:
        return (replace(base, message_id=ids[0], target_message_id=ids[0]),)
    return tuple(
        replace(base, dedupe_key=f"{base.dedupe_key}:{one}", message_id=one, target_message_id=one) for one in ids
    )


def _reaction(added: bool) -> Callable[[Event, Json, str], Events]:
    def read(base: Event, event: Json, bot: str) -> Events:
        ids = as_object(event, "user_id")
        message_id = as_id(event, "message_id")
        emoji = as_text(as_object(event, "reaction_type"), "emoji_type")
        base = replace(
            base,
            user_id=open_id(ids),
            alt_user_id=alt_id(ids),
            chat_type=UNKNOWN_CHAT_TYPE,
            message_id=message_id,
            target_message_id=message_id,
        )
        if as_text(event, "operator_type") == "app":
            return (replace(base, change="from_bot"),)
        change = "added" if added else "removed"
        shown = emoji if added else ""
        return (replace(base, kind=EventKind.REACTION, change=change, emoji=shown, data=emoji or None),)

    return read


def _directory(base: Event, event: Json, bot: str) -> Events:
    """Reads a change of the directory; only a person's new ids concern the bot."""
    new, old = as_object(event, "object"), as_object(event, "old_object")
    pairs = [(as_id(old, name), as_id(new, name)) for name in ("open_id", "user_id", "union_id")]
    moved = {before: after for before, after in pairs if before and after and before != after}
    if not moved:
        return (replace(base, change="contact.user.updated_v3"),)
    return (replace(base, kind=EventKind.MEMBER, change="new_ids", user_id=open_id(new), new_ids=moved),)


_READERS: dict[str, Callable[[Event, Json, str], Events]] = {
    "im.message.receive_v1": _message,
    "im.message.recalled_v1": _recalled,
    "im.message.message_read_v1": _read,
    "im.message.reaction.created_v1": _reaction(added=True),
    "im.message.reaction.deleted_v1": _reaction(added=False),
    "im.chat.member.bot.added_v1": members.bot("joined"),
    "im.chat.member.bot.deleted_v1": members.bot("left"),
    "im.chat.disbanded_v1": members.bot("disbanded"),
    "im.chat.member.user.added_v1": members.people("joined"),
    "im.chat.member.user.deleted_v1": members.people("left"),
    "im.chat.member.user.withdrawn_v1": members.people("left"),
    "im.chat.access_event.bot_p2p_chat_entered_v1": members.bot("enter", private=True),
    "contact.user.updated_v3": _directory,
    "application.bot.menu_v6": menu,
    "card.action.trigger": card,
    "v1.message": _v1_message,
    "v1.message_read": _read,
    "v1.p2p_chat_create": members.bot("enter", private=True),
    "v1.add_bot": members.bot("joined"),
    "v1.remove_bot": members.bot("left"),
    "v1.chat_disband": members.bot("disbanded"),
    "v1.add_user_to_chat": members.people("joined"),
    "v1.remove_user_from_chat": members.people("left"),
    "v1.revoke_add_user_from_chat": members.people("left"),
}
