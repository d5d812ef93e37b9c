"""Maps places inside a chat to thread ids: forum topics, chats of a business account, direct messages of a channel.

The chat id alone is ambiguous: a customer's chat with a business has the id of the customer's own chat with the bot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.payload import as_id, as_object, as_text

_BUSINESS = "business:"
_DIRECT = "direct:"


def thread_of(message: Mapping[str, Any]) -> str | None:
    """Returns the thread id of a message, for `address`."""
    business = as_text(message, "business_connection_id")
    if business:
        return _BUSINESS + business
    direct = as_id(as_object(message, "direct_messages_topic"), "topic_id")
    if direct:
        return _DIRECT + direct
    # Plain reply chains have this field too, but sending to it fails; only topics are threads.
    return as_id(message, "message_thread_id") if message.get("is_topic_message") is True else None


def address(thread_id: str | None, *, sent: bool = False) -> dict[str, Any]:
    """Returns the parameters of a call that address this place.

    Args:
        thread_id: From `thread_of`.
        sent: True when the call is about a sent message, which has its topic already.
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
