"""Classifies REST responses as success, temporary failure or permanent failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from adapters.events import Headers, SendReceipt
from adapters.http_responses import answered, object_or_nothing, wait_of
from adapters.payload import as_id, as_int, as_number, as_text

TOKEN_EXPIRED = "reply_token_expired"  # noqa: S105 - a mark
GONE = "message_not_found"
REPLY_REFUSED = "reply_refused"
_DEFAULT_WAIT_S = 1.0

_MARKS = {
    10003: "chat_not_found",
    10008: GONE,
    10013: "chat_not_found",
    10015: TOKEN_EXPIRED,
    10062: TOKEN_EXPIRED,
    20026: "quarantined",
    30046: GONE,  # too many edits of an old message
    40001: "unauthorized",
    40005: "too_large",
    40060: "already_answered",
    50001: "no_rights",
    50005: GONE,
    50006: "empty",
    50007: "user_blocked",
    50008: "no_rights",
    50013: "no_rights",
    50014: "unauthorized",
    50027: TOKEN_EXPIRED,
    50046: "wrong_type",
    50083: "archived",
    50278: "user_blocked",
    160002: REPLY_REFUSED,
    200000: "blocked_by_moderation",
    200001: "blocked_by_moderation",
    240000: "blocked_by_moderation",
}
_PASSING = frozenset({20016, 20022, 20028, 20029, 40062, 110000, 130000, 500000})
_CODES = {401: "unauthorized", 403: "no_rights", 404: "chat_not_found", 405: "refused", 413: "too_large"}


def result_of(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Returns the body of a successful call; {} for 204.

    Raises:
        SendError: The call failed.
    """
    answer = object_or_nothing("Discord", status, body)
    if 200 <= status < 300:
        return answer
    raise _failure(status, Headers(headers), answer, body)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
    """Returns the receipt of a successful send.

    Raises:
        SendError: With a mark such as "flood", "reply_token_expired", "user_blocked", "no_rights" or "too_long".
    """
    return SendReceipt(as_id(result_of(status, headers, body), "id") or "")


def _failure(status: int, headers: Headers, answer: Mapping[str, Any], body: bytes) -> SendError:
    code = as_int(answer, "code") or 0
    told = as_text(answer, "message")
    message = answered("Discord", f"{status} ({code})" if told else status, told[:200])
    if status == 429 or code in _PASSING:
        wait = _wait(headers, answer)
        return SendError(
            message,
            mark="flood" if status == 429 else "server_error",
            retry_after=_DEFAULT_WAIT_S if wait is None and status == 429 else wait,
            data={"global": True} if answer.get("global") is True else {},
        )
    if status >= 500 or status in (408, 425):
        return SendError(message, mark="server_error", retry_after=wait_of(headers))
    if code == 50035 and b"BASE_TYPE_MAX_LENGTH" in body:
        return SendError(message, permanent=True, mark="too_long")
    return SendError(message, permanent=True, mark=_MARKS.get(code) or _CODES.get(status, "refused"))


def _wait(headers: Headers, answer: Mapping[str, Any]) -> float | None:
    """Returns the seconds to wait. The body is exact; the headers round up."""
    wait = as_number(answer, "retry_after")
    if wait is None:
        wait = wait_of(headers, "x-ratelimit-reset-after" if "x-ratelimit-reset-after" in headers else "retry-after")
    return None if wait is None else max(float(wait), 0.0)
