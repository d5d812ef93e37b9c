"""Classifies WeCom's responses by `errcode`, because the HTTP status is nearly always 200."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from adapters.events import Headers, SendReceipt
from adapters.http_responses import answered, object_of, unexplained
from adapters.payload import as_id, as_int, as_text
from clawdbot.http import HttpResponse, parse_retry_after

TOKEN_REFUSED = "token_refused"  # noqa: S105 - a mark
UNSUBSCRIBED = "unsubscribed"  # the long connection looks open, but WeCom no longer knows its robot
_A_MINUTE = 60.0

_REFRESH = frozenset({40014, 41001, 42001})
_LATER: dict[int, tuple[str, float | None]] = {
    -1: ("busy", None),
    -2: ("busy", None),
    6000: ("conflict", None),
    45009: ("flood", _A_MINUTE),
    45011: ("flood", _A_MINUTE),
    45033: ("flood", None),
    45047: ("flood", _A_MINUTE),
    50004: ("busy", None),
    846607: ("flood", _A_MINUTE),  # limit of a smart robot: 30 messages a minute to one chat
    846609: (UNSUBSCRIBED, None),
}
_NEVER = {
    40001: "unauthorized",
    40013: "unauthorized",
    40056: "unauthorized",
    41002: "unauthorized",
    41004: "unauthorized",
    42009: "unauthorized",
    40003: "user_not_found",
    40031: "user_not_found",
    46004: "user_not_found",
    60111: "user_not_found",
    81013: "no_recipient",
    81014: "no_recipient",
    82001: "no_recipient",
    43004: "not_subscribed",
    50002: "not_visible",
    50003: "app_disabled",
    44004: "empty",
    45002: "too_long",
    40058: "bad_request",
    41044: "bad_request",
    48001: "no_rights",
    48002: "no_rights",
    60011: "no_rights",
    301002: "no_rights",
    60020: "ip_not_trusted",
    86001: "chat_not_found",
    86003: "chat_not_found",
    86008: "chat_not_found",
    93000: "robot_key_invalid",
    93004: "robot_disabled",
    93008: "robot_removed",
    40004: "wrong_type",
    40005: "wrong_type",
    40006: "too_large",
    40007: "media_gone",
    40009: "too_large",
    40010: "too_large",
    40011: "too_large",
    44001: "empty",
    45001: "too_large",
    45007: "too_large",
    40049: "button_expired",
    846605: "reply_expired",
    846608: "reply_expired",
}


def answer_of(status: int, headers: Mapping[str, str], body: bytes, now: float = 0.0) -> dict[str, Any]:
    """Returns the JSON of a successful call.

    Raises:
        SendError: The call failed.
    """
    answer = object_of(body)
    code = as_int(answer, "errcode")
    if 200 <= status < 300 and code == 0:
        return answer
    raise _failure(status, Headers(headers), answer, code, now)


def judge(status: int, headers: Mapping[str, str], body: bytes, now: float = 0.0) -> SendReceipt:
    """Returns the receipt of a successful send; its `data` names the receivers that WeCom skipped.

    Raises:
        SendError: With a mark such as "flood", "token_refused", "no_recipient" or "ip_not_trusted".
    """
    answer = answer_of(status, headers, body, now)
    left_out = {
        name: as_text(answer, name)
        for name in ("invaliduser", "invalidparty", "invalidtag", "unlicenseduser")
        if as_text(answer, name)
    }
    return SendReceipt(as_id(answer, "msgid") or "", left_out)


def token_refused(response: HttpResponse) -> bool:
    """Returns whether the call may succeed with a fresh access token."""
    # A downloaded file is no JSON and does not start with a brace.
    return response.body[:1] == b"{" and as_int(object_of(response.body), "errcode") in _REFRESH


def _failure(status: int, headers: Headers, answer: Mapping[str, Any], code: int | None, now: float) -> SendError:
    # After the first comma the message has addresses and links that do not help a reader.
    told = as_text(answer, "errmsg").split(", ")[0][:160]
    message = answered("WeCom", status if code is None else code, told)
    wait = parse_retry_after(headers.get("retry-after"), now)
    if code in _REFRESH:
        return SendError(message, mark=TOKEN_REFUSED)
    if code in _LATER:
        mark, usual = _LATER[code]
        return SendError(message, mark=mark, retry_after=usual if wait is None else wait)
    if code not in (None, 0):
        return SendError(message, permanent=True, mark=_NEVER.get(code or 0, "refused"))
    return unexplained(message, status, wait)
