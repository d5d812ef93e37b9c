"""Classifies Bot API responses as success, temporary failure or permanent failure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from adapters.events import Headers, SendReceipt
from adapters.http_responses import answered, object_of, wait_of
from adapters.payload import as_id, as_int, as_number, as_object, as_text

__all__ = ["BAD_MARKUP", "MIGRATED", "NOT_MODIFIED", "REPLY_GONE", "THREAD_GONE", "judge", "result_of"]

BAD_MARKUP = "bad_markup"
MIGRATED = "migrate"
NOT_MODIFIED = "not_modified"
REPLY_GONE = "reply_gone"
THREAD_GONE = "thread_not_found"

# Fragments of the description, in lower case. The codes alone do not distinguish these.
_DESCRIPTIONS = (
    ("can't parse entities", BAD_MARKUP),
    ("message is too long", "too_long"),
    ("caption is too long", "too_long"),
    ("chat not found", "chat_not_found"),
    ("bot was blocked", "user_blocked"),
    ("user is deactivated", "user_deactivated"),
    ("bot was kicked", "bot_removed"),
    ("bot is not a member", "bot_removed"),
    ("can't initiate conversation", "no_conversation"),
    ("not enough rights", "no_rights"),
    ("have no rights", "no_rights"),
    ("message thread not found", THREAD_GONE),
    ("topic_deleted", THREAD_GONE),
    ("message to be replied not found", REPLY_GONE),
    ("message to reply not found", REPLY_GONE),
    ("replied message not found", REPLY_GONE),
    ("message text is empty", "empty"),
    ("file is too big", "too_large"),
    ("too large", "too_large"),
    ("file must be non-empty", "empty"),
    ("photo_invalid_dimensions", "wrong_type"),
    ("image_process_failed", "wrong_type"),
    ("wrong file", "wrong_type"),
    ("voice_messages_forbidden", "voice_forbidden"),
    ("message is not modified", NOT_MODIFIED),
    ("terminated by other getupdates", "polled_elsewhere"),
    ("webhook is active", "webhook_active"),
)
_CODES = {401: "unauthorized", 403: "forbidden", 404: "unauthorized", 409: "conflict", 413: "too_large"}
_RETRY_AFTER = re.compile(r"retry after ([0-9]{1,6})")
_DEFAULT_WAIT_S = 3.0


def result_of(status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """Returns the `result` of a successful call.

    Raises:
        SendError: The call failed.
    """
    answer = object_of(body)
    if 200 <= status < 300 and answer.get("ok") is True:
        return answer.get("result")
    raise _failure(status, Headers(headers), answer)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
    """Returns the receipt of a successful send.

    Raises:
        SendError: With a mark such as "flood", "user_blocked", "chat_not_found", "unauthorized" or "migrate".
    """
    result = result_of(status, headers, body)
    return SendReceipt((as_id(result, "message_id") or "") if isinstance(result, dict) else "")


def _failure(status: int, headers: Headers, answer: Mapping[str, Any]) -> SendError:
    code = as_int(answer, "error_code") or status
    description = as_text(answer, "description")
    parameters = as_object(answer, "parameters")
    message = answered("Telegram", code, description[:200])
    moved = as_id(parameters, "migrate_to_chat_id")
    if moved:
        return SendError(message, permanent=True, mark=MIGRATED, data={"migrated_to": moved})
    told = as_number(parameters, "retry_after") or next(iter(_RETRY_AFTER.findall(description)), None)
    wait = wait_of(headers) if told is None else float(told)
    if code == 429:
        return SendError(message, mark="flood", retry_after=_DEFAULT_WAIT_S if wait is None else wait)
    lowered = description.lower()
    mark = next((mark for fragment, mark in _DESCRIPTIONS if fragment in lowered), _CODES.get(code, ""))
    # 409 ends when the other poller stops. A 2xx without "ok" comes from a proxy or a broken server, like 5xx.
    if code < 300 or code >= 500 or code in (408, 409, 425):
        mark = mark or ("server_error" if code >= 500 else "bad_response")
        return SendError(message, mark=mark, retry_after=wait)
    return SendError(message, permanent=True, mark=mark or "refused")
