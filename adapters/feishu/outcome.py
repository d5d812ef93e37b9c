"""Classifies Feishu's responses by their `code`; the HTTP status only follows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from adapters.events import Headers, SendReceipt
from adapters.http_responses import answered, object_of, unexplained
from adapters.payload import as_id, as_int, as_object, as_text
from clawdbot.http import parse_retry_after

TOKEN_REFUSED = "token_refused"  # noqa: S105 - a mark
BAD_CARD = "bad_card"
REPLY_GONE = "reply_gone"
_RESET = "x-ogw-ratelimit-reset"

_QUOTA = 99991403  # the monthly quota is used up, so waiting seconds does not help
_REFRESH = frozenset({99991661, 99991663, 99991664, 99991665, 99991668, 99991671, 99991677})
_LATER = {
    99991400: "flood",
    11232: "flood",
    11233: "flood",
    230020: "flood",
    230049: "busy",
    1500: "server_error",
    2200: "server_error",
    5000: "server_error",
    55001: "server_error",
    232096: "busy",
}
_NEVER = {
    10003: "unauthorized",
    10012: "unauthorized",
    10013: "unauthorized",
    10014: "unauthorized",
    10015: "unauthorized",
    99991543: "unauthorized",
    99991662: "app_disabled",
    230006: "app_disabled",
    99991401: "ip_not_trusted",
    _QUOTA: "quota",
    99991672: "no_rights",
    99991679: "no_rights",
    230018: "no_rights",
    230027: "no_rights",
    230035: "no_rights",
    230054: "no_rights",
    230001: "bad_request",
    230002: "bot_removed",
    230013: "not_visible",
    230034: "chat_not_found",
    230029: "user_deactivated",
    230038: "user_not_found",
    230053: "user_blocked",
    230022: "content_refused",
    230028: "content_refused",
    230025: "too_long",
    230072: "edits_used_up",
    230075: "edit_too_late",
    230031: "edit_too_late",
    230099: BAD_CARD,
    230011: REPLY_GONE,
    230019: REPLY_GONE,
    230071: REPLY_GONE,
    230110: REPLY_GONE,
    230111: REPLY_GONE,
    234003: "media_gone",
    234004: "media_gone",
    234009: "media_gone",
    230055: "wrong_type",
    234001: "bad_request",
    234006: "too_large",
    234007: "app_disabled",
    234010: "empty",
    234011: "wrong_type",
    234037: "too_large",
    234039: "wrong_type",
    234038: "no_rights",
    234040: "no_rights",
}


def answer_of(status: int, headers: Mapping[str, str], body: bytes, now: float = 0.0) -> dict[str, Any]:
    """Returns the JSON of a successful call.

    Raises:
        SendError: The call failed.
    """
    answer = object_of(body)
    code = as_int(answer, "code")
    if 200 <= status < 300 and code == 0:
        return answer
    raise _failure(status, Headers(headers), answer, code, now)


def judge(status: int, headers: Mapping[str, str], body: bytes, now: float = 0.0) -> SendReceipt:
    """Returns the receipt of a successful send.

    Raises:
        SendError: With a mark such as "flood", "token_refused", "bot_removed", "bad_card" or "reply_gone".
    """
    data = as_object(answer_of(status, headers, body, now), "data")
    return SendReceipt(as_id(data, "message_id") or "")


def _failure(status: int, headers: Headers, answer: Mapping[str, Any], code: int | None, now: float) -> SendError:
    told = as_text(answer, "msg")[:160]
    message = answered("Feishu", code or status, told)
    wait = parse_retry_after(headers.get(_RESET) or headers.get("retry-after"), now)
    if code in _REFRESH:
        return SendError(message, mark=TOKEN_REFUSED)
    if code in _LATER or (status == 429 and code != _QUOTA):
        return SendError(message, mark=_LATER.get(code or 0, "flood"), retry_after=wait)
    if status >= 500 or status in (408, 425):
        return SendError(message, mark="server_error", retry_after=wait)
    if code:
        return SendError(message, permanent=True, mark=_NEVER.get(code, "refused"))
    return unexplained(message, status, wait)
