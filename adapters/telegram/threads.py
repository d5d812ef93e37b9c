"""Where inside a chat a message belongs: a forum topic, a business account's chat, or a channel's direct messages.

The chat alone does not tell: a customer's chat with a business has the id of the customer's own chat with the bot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.payload import as_id, as_object, as_text

_BUSINESS = "business:"
_DIRECT = "direct:"


def thread_of(message: Mapping[str, Any]) -> str | None:
    """What to hand back to `address` when this message is answered."""
    business = as_text(message, "business_connection_id")
    if business:
        return _BUSINESS + business
    direct = as_id(as_object(message, "direct_messages_topic"), "topic_id")
    if direct:
        return _DIRECT + direct
    # Set on plain reply chains too, where sending into it fails; only topics are threads.
    return as_id(message, "message_thread_id") if message.get("is_topic_message") is True else None


def address(thread_id: str | None, *, sent: bool = False) -> dict[str, Any]:
    """The parameters of a call that lead to this place.

    Args:
        thread_id: From `thread_of`.
        sent: The call is about a message that is there already, which knows its topic.
    """
    thread_id = thread_id or ""
    if thread_id.startswith(_BUSINESS):
        return {"business_connection_id": thread_id.removeprefix(_BUSINESS)}
    if sent:
        return {}
    number = thread_id.removeprefix(_DIRECT)
    if not number.isdecimal():
        return {}
    return {"message_thread_id" if number == thread_id else "direct_messages_topic_id": int(number)}
