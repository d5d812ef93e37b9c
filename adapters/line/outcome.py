"""Classifies Messaging API responses as success, temporary failure or permanent failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from adapters.events import Headers, SendReceipt
from adapters.http_responses import answered, object_or_nothing, wait_of
from adapters.payload import as_id, as_list, as_text

REPLY_TOKEN_EXPIRED = "reply_token_expired"  # noqa: S105 - a mark
ALREADY_ACCEPTED = 409
_DEFAULT_WAIT_S = 2.0

# Fragments of LINE's error message, in lower case. The status alone does not distinguish these.
_MESSAGES = (
    ("invalid reply token", REPLY_TOKEN_EXPIRED),
    ("monthly limit", "quota"),
    ("additional quota", "quota"),
    ("messages have been paused", "paused"),
    ("failed to send messages", "chat_not_found"),
    ("can't get channel access token", "unauthorized"),
    ("confirm that the access token", "unauthorized"),
    ("length must be between", "too_long"),
    ("the property, 'to'", "chat_not_found"),
    ("not found", "chat_not_found"),
)
_CODES = {401: "unauthorized", 403: "no_rights", 404: "chat_not_found", 410: "gone", 413: "too_long", 415: "refused"}
_PERMANENT_FLOOD = frozenset({"quota", "paused"})


def result_of(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Returns the body of a successful call.

    Raises:
        SendError: The call failed.
    """
    answer = object_or_nothing("LINE", status, body)
    if 200 <= status < 300:
        return answer
    raise _failure(status, Headers(headers), answer)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
    """Returns the receipt of a successful send. 409 counts as success, because LINE accepted the retry key before.

    Raises:
        SendError: With a mark such as "reply_token_expired", "quota", "flood" or "unauthorized".
    """
    if status == ALREADY_ACCEPTED:
        return SendReceipt(_sent_id(result_of(200, headers, body)), {"repeated": True})
    return SendReceipt(_sent_id(result_of(status, headers, body)))


def _sent_id(answer: Mapping[str, Any]) -> str:
    sent = [item for item in as_list(answer, "sentMessages") if isinstance(item, dict)]
    return as_id(sent[0], "id") or "" if sent else ""


def _failure(status: int, headers: Headers, answer: Mapping[str, Any]) -> SendError:
    told = as_text(answer, "message")
    details = [as_text(item, "message") for item in as_list(answer, "details") if isinstance(item, dict)]
    message = answered("LINE", status, told[:200])
    lowered = " ".join([told, *details]).lower()
    mark = next((mark for fragment, mark in _MESSAGES if fragment in lowered), "")
    wait = wait_of(headers)
    if status == 429 and mark not in _PERMANENT_FLOOD:
        return SendError(message, mark="flood", retry_after=_DEFAULT_WAIT_S if wait is None else wait)
    if status >= 500 or status in (408, 425):
        return SendError(message, mark="server_error", retry_after=wait)
    return SendError(message, permanent=True, mark=mark or _CODES.get(status, "refused"))
