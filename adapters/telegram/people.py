"""Reads the user and the chat of an update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.events import Event
from adapters.payload import as_id, as_object
from adapters.telegram.message import chat_type, display_name

Update = Mapping[str, Any]

# Telegram's own bot accounts, which send the messages that people write in the name of a group or channel.
_PROXIES = frozenset({"1087968824", "136817688"})


def with_people(base: Event, content: Update, chat: Update) -> Event:
    """Adds user and chat to an event."""
    sender = as_object(content, "from") or as_object(content, "user")
    speaker = as_object(content, "sender_chat") or as_object(content, "actor_chat")
    user_id, alt_user_id = as_id(sender, "id"), as_id(speaker, "id")
    if user_id in _PROXIES and alt_user_id:
        user_id, alt_user_id, sender = alt_user_id, user_id, speaker
    return replace(
        base,
        user_id=user_id,
        alt_user_id=alt_user_id,
        user_name=display_name(sender or speaker),
        chat_id=as_id(chat, "id"),
        chat_type=chat_type(chat),
    )


def from_bot(content: Update) -> bool:
    """Returns whether a bot wrote the message, also for a business, but not a person through Telegram's own bots."""
    sender = as_object(content, "from") or as_object(content, "user")
    proxy = as_id(sender, "id") in _PROXIES
    return (sender.get("is_bot") is True and not proxy) or "sender_business_bot" in content
