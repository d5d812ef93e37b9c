"""Converts pressed buttons, lists and forms of cards, and entries of the bot's menu, to events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters.errors import MalformedPayload
from adapters.events import Event, EventKind
from adapters.feishu.people import UNKNOWN_CHAT_TYPE, Json, alt_id, open_id
from adapters.payload import as_id, as_list, as_object, as_text
from clawdbot.reasons import Reason


def menu(base: Event, event: Json, bot: str) -> tuple[Event, ...]:
    """Reads a pressed entry of the bot's menu."""
    operator = as_object(event, "operator")
    ids = as_object(operator, "operator_id")
    user = open_id(ids)
    return (
        replace(
            base,
            kind=EventKind.ACTION,
            data=as_text(event, "event_key"),
            user_id=user,
            alt_user_id=alt_id(ids),
            user_name=as_text(operator, "operator_name"),
            chat_id=user,  # the menu belongs to the private chat, whose id the event lacks
        ),
    )


def card(base: Event, event: Json, bot: str) -> tuple[Event, ...]:
    """Reads a pressed button, list or form of a card."""
    operator, context = as_object(event, "operator"), as_object(event, "context")
    base = replace(
        base,
        user_id=open_id(operator),
        alt_user_id=alt_id(operator),
        chat_id=as_id(context, "open_chat_id"),
        chat_type=UNKNOWN_CHAT_TYPE,
        message_id=as_id(context, "open_message_id"),
        reply_token=as_id(event, "token"),
    )
    return (_pressed(base, as_object(event, "action")),)


def old_card(content: Json) -> Event:
    """Reads the same from the first generation of callbacks, which has no envelope.

    Raises:
        MalformedPayload: Nothing identifies the callback.
    """
    key = as_id(content, "token")
    if not key:
        raise MalformedPayload(Reason("action_without_token"))
    base = Event(
        kind=EventKind.IGNORED,
        dedupe_key=key,
        user_id=as_id(content, "open_id"),
        alt_user_id=as_id(content, "user_id"),
        chat_id=as_id(content, "open_chat_id"),
        chat_type=UNKNOWN_CHAT_TYPE,
        message_id=as_id(content, "open_message_id"),
        reply_token=key,
        raw=content,
    )
    return _pressed(base, as_object(content, "action"))


def _chosen(action: Json) -> str:
    """Returns the chosen or typed value: all values of a multiple choice, "true" or "false" for a check box."""
    several = ", ".join(one for one in as_list(action, "options") if isinstance(one, str))
    told = as_text(action, "option") or several or as_text(action, "input_value")
    if not told and as_text(action, "tag") == "checker" and isinstance(action.get("checked"), bool):
        told = str(action["checked"]).lower()
    return told or as_text(action, "name")


def _pressed(base: Event, action: Json) -> Event:
    """Returns the event of a button, list or form. The adapter's own buttons carry {"data": text}."""
    value = action.get("value")
    chosen = _chosen(action)
    data: Any = value if isinstance(value, (str, dict)) and value else chosen
    if isinstance(data, dict) and set(data) == {"data"} and isinstance(data["data"], str):
        data = data["data"]
    form = as_object(action, "form_value")
    typed = [str(item) for item in form.values() if isinstance(item, (str, int, float)) and item != ""]
    args = form or ("" if data == chosen else chosen)
    return replace(base, kind=EventKind.ACTION, data=data, args=args, text="\n".join(typed) if form else str(args))
