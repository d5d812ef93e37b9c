"""Classifies Graph API responses as success, temporary failure, permanent failure, or failure that needs a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from adapters.events import Headers, SendReceipt
from adapters.http_responses import answered, object_of, wait_of
from adapters.payload import as_id, as_list, as_number, as_object, as_text

NEEDS_TEMPLATE = "needs_template"

# Marks by error code, which Meta recommends for decisions. Those in `_WAITS` are temporary.
_WAITS: dict[int, float | None] = {
    1: None,
    2: None,
    4: 60.0,
    17: 60.0,
    32: 60.0,
    613: 60.0,
    80007: 60.0,
    130429: 2.0,
    131000: None,
    131016: None,
    131048: 3600.0,  # too many people blocked or reported the number
    131056: 6.0,  # to one person: one message every six seconds on average
    131057: 60.0,
    132069: 60.0,
    133004: 60.0,
    133016: 3600.0,
    135000: None,
}
_FLOOD = frozenset({4, 17, 32, 613, 80007, 130429, 131048, 131056, 132069, 133016})
_MARKS = {
    0: "unauthorized",
    3: "no_rights",
    10: "no_rights",
    33: "chat_not_found",
    100: "refused",
    102: "unauthorized",
    190: "unauthorized",
    368: "policy",
    130472: "experiment",
    130497: "country",
    131005: "no_rights",
    131021: "own_number",
    131026: "undeliverable",
    131030: "not_on_test_list",
    131031: "account_locked",
    131037: "no_display_name",
    131042: "payment",
    131045: "not_registered",
    131047: NEEDS_TEMPLATE,
    131049: "marketing_limit",
    131050: "opted_out",
    131051: "unsupported",
    131052: "media",
    131053: "media",
    132000: "template",
    132001: "template",
    132005: "template",
    132007: "template",
    132012: "template",
    132015: "template",
    132016: "template",
    132068: "template",
    133010: "not_registered",
}


def mark_of(code: str) -> str:
    """Returns the mark of an error code; "" for none and for a temporary error."""
    return _MARKS.get(int(code), "") if code.isdecimal() else ""


def result_of(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Returns the body of a successful call.

    Raises:
        SendError: The call failed.
    """
    answer = object_of(body)
    if 200 <= status < 300 and answer and "error" not in answer:
        return answer
    raise _failure(status, Headers(headers), as_object(answer, "error"))


def judge(status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
    """Returns the receipt of a successful send.

    Raises:
        SendError: With a mark such as "needs_template", "flood", "undeliverable", "unauthorized" or "template".
    """
    answer = result_of(status, headers, body)
    sent = [item for item in as_list(answer, "messages") if isinstance(item, dict)]
    contacts = [item for item in as_list(answer, "contacts") if isinstance(item, dict)]
    known = as_id(contacts[0], "wa_id") if contacts else None
    return SendReceipt(as_id(sent[0], "id") or "" if sent else "", {"wa_id": known} if known else {})


def _failure(status: int, headers: Headers, error: Mapping[str, Any]) -> SendError:
    number = as_number(error, "code")
    code = None if number is None else int(number)
    told = as_text(as_object(error, "error_data"), "details") or as_text(error, "message")
    message = answered("WhatsApp", status) if code is None else answered("WhatsApp", f"{status} ({code})", told[:200])
    wait = wait_of(headers)
    if code in _WAITS or status == 429:
        flood = status == 429 or code in _FLOOD
        default = _WAITS.get(code) if code is not None else None
        return SendError(
            message, mark="flood" if flood else "server_error", retry_after=default if wait is None else wait
        )
    if code is not None and code in _MARKS:
        return SendError(message, permanent=True, mark=_MARKS[code])
    if status >= 500 or status in (408, 425) or error.get("is_transient") is True:
        return SendError(message, mark="server_error", retry_after=wait)
    if code is None and status < 400:
        return SendError(message, mark="bad_response")
    if code is not None and 200 <= code < 300:
        return SendError(message, permanent=True, mark="no_rights")
    mark = {401: "unauthorized", 403: "no_rights", 404: "chat_not_found", 413: "too_large"}.get(status, "refused")
    return SendError(message, permanent=True, mark=mark)
