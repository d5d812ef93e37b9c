"""Reads what a Telegram message says of other messages: its origin when it is forwarded, and what it quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.events import Attachment, Passage
from adapters.payload import as_id, as_object, as_text
from adapters.telegram.message import Bot, attachments, display_name, plain_text

Message = Mapping[str, Any]

_FORWARD_MARKS = ("forward_origin", "forward_date", "forward_from", "forward_from_chat", "forward_sender_name")


def is_forwarded(content: Message) -> bool:
    return any(mark in content for mark in _FORWARD_MARKS)


def origin(content: Message, bot: Bot) -> Passage:
    """Returns the author of a forwarded message, without its words."""
    told = as_object(content, "forward_origin")
    return _author(told, bot) if told else _author_of_old(content, bot)


def _author(told: Message, bot: Bot) -> Passage:
    """Reads the four kinds of `MessageOrigin`: user, hidden_user, chat and channel."""
    person = as_object(told, "sender_user")
    chat = as_object(told, "sender_chat") or as_object(told, "chat")
    if person:
        return _of_person(person, bot)
    if chat:
        return _of_chat(chat, as_text(told, "author_signature"))
    return Passage(author=as_text(told, "sender_user_name"))


def _author_of_old(content: Message, bot: Bot) -> Passage:
    """Reads the fields that `forward_origin` replaced in Bot API 7.0."""
    person, chat = as_object(content, "forward_from"), as_object(content, "forward_from_chat")
    if person:
        return _of_person(person, bot)
    if chat:
        return _of_chat(chat, as_text(content, "forward_signature"))
    return Passage(author=as_text(content, "forward_sender_name"))


def _of_person(person: Message, bot: Bot) -> Passage:
    user_id = as_id(person, "id") or ""
    return Passage(author=display_name(person), author_id=user_id, by_bot=bool(user_id) and user_id == bot.id)


def _of_chat(chat: Message, signature: str) -> Passage:
    names = (display_name(chat), signature)
    return Passage(author=", ".join(filter(None, names)), author_id=as_id(chat, "id") or "")


def quoted(content: Message, bot: Bot) -> Passage | None:
    """Returns the message that this one answers, in this chat or another one; None when there is none."""
    target, outside = as_object(content, "reply_to_message"), as_object(content, "external_reply")
    excerpt = as_text(as_object(content, "quote"), "text")
    if target and "forum_topic_created" not in target:
        sender = as_object(target, "sender_chat")
        author = _of_chat(sender, as_text(target, "author_signature")) if sender else None
        found = author or _of_person(as_object(target, "from"), bot)
        if is_forwarded(target):
            found = replace(origin(target, bot), author_id="")
        text = plain_text(target)
        message_id = as_id(target, "message_id") or ""
        found = replace(found, text=text, message_id=message_id, attachments=attachments(target))
    elif outside:
        found = replace(_author(as_object(outside, "origin"), bot), attachments=attachments(outside))
    elif as_object(content, "reply_to_story"):
        found = Passage(attachments=(Attachment("story"),))
    else:
        return None
    if not found.text:
        return replace(found, text=excerpt)
    # A quote of the whole message marks no part of it.
    return found if excerpt.strip() == found.text.strip() else replace(found, excerpt=excerpt)
