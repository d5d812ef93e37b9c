"""Classifies DingTalk's responses: `errcode` of the old API and of reply addresses, `code` of the new API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from adapters.events import Headers, SendReceipt
from adapters.http_responses import answered, object_of, unexplained
from adapters.payload import as_id, as_int, as_list, as_text
from clawdbot.http import HttpResponse, parse_retry_after
from clawdbot.reasons import Reason

TOKEN_REFUSED = "token_refused"  # noqa: S105 - a mark
REPLY_EXPIRED = "reply_expired"
_A_MINUTE = 60.0  # a group robot that exceeds 20 messages a minute is muted for up to ten minutes

_GATEWAY, _REASON = 88, re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_OLD_REFRESH = frozenset({33001, 40014, 42001})
_OLD_LATER = {
    -1: None,
    130101: _A_MINUTE,
    410100: _A_MINUTE,
    90018: None,
    90002: None,
    90005: _A_MINUTE,
    90006: _A_MINUTE,
}
_OLD_NEVER = {
    300001: REPLY_EXPIRED,
    300005: REPLY_EXPIRED,
    400101: REPLY_EXPIRED,
    310000: "refused_by_security",
    400013: "chat_not_found",
    400102: "robot_disabled",
    400106: "robot_unknown",
    400105: "bad_request",
    40035: "bad_request",
    460101: "too_long",
    40004: "wrong_type",
    40005: "wrong_type",
    40006: "too_large",
    40007: "media_gone",
    40009: "too_large",
    40010: "too_large",
    40011: "too_large",
    43007: "no_rights",
    44001: "empty",
    45001: "too_large",
    430101: "content_refused",
    430102: "content_refused",
    430103: "content_refused",
    430104: "content_refused",
    60011: "no_rights",
    60020: "ip_not_trusted",
    88: "no_rights",
}
# Prefixes of the new API's codes, in lower case; the first match counts.
_NEW_LATER = (
    "forbidden.accessdenied.qpslimit",
    "forbidden.accessdenied.qpmlimit",
    "throttling",
    "request.overlimit",
    "robot.send.flow.control",
    "toomanyrequests",
    "serviceunavailable",
    "system",
    "unknownerror",
    "internalerror",
)
_NEW_NEVER = (
    ("forbidden.accessdenied.ipnotinwhitelist", "ip_not_trusted"),
    ("forbidden.accessdenied", "no_rights"),
    ("forbidden", "no_rights"),
    ("invalidclient", "unauthorized"),
    ("invalidparameter.userids", "user_not_found"),
    ("staffid.notexisted", "user_not_found"),
    ("invalidparameter.openconversationid", "chat_not_found"),
    ("resource.not.found", "chat_not_found"),
    ("invalidparameter.robotcode", "robot_unknown"),
    ("robot", "robot_unknown"),
    ("invalidparameter.msgparam", "bad_request"),
    ("invalidparameter", "bad_request"),
)


def answer_of(status: int, headers: Mapping[str, str], body: bytes, now: float = 0.0) -> dict[str, Any]:
    """Returns the JSON of a successful call.

    Raises:
        SendError: The call failed.
    """
    answer = object_of(body)
    old, new = _old_code(answer), as_text(answer, "code")
    if 200 <= status < 300 and answer and not old and not new:
        return answer
    wait = parse_retry_after(Headers(headers).get("retry-after"), now)
    if old:
        raise _old_failure(old, as_text(answer, "errmsg"), wait)
    if new:
        raise _new_failure(status, new, as_text(answer, "message"), wait)
    raise unexplained(answered("DingTalk", status), status, wait)


def _old_code(answer: Mapping[str, Any]) -> int | None:
    """Returns the code of the old API. Its gateway answers 88 to everything and gives the reason in another field."""
    code, reason = as_int(answer, "errcode"), as_id(answer, "sub_code") or ""
    return int(reason) if code == _GATEWAY and _REASON.fullmatch(reason) else code


def judge(status: int, headers: Mapping[str, str], body: bytes, now: float = 0.0) -> SendReceipt:
    """Returns the receipt of a successful send.

    Raises:
        SendError: With a mark such as "flood", "token_refused", "reply_expired" or "user_not_found"; also when the
            API accepted the call, but skipped the only receiver.
    """
    answer = answer_of(status, headers, body, now)
    if as_list(answer, "flowControlledStaffIdList"):
        raise SendError(Reason("held_back"), mark="flood", retry_after=_A_MINUTE)
    if as_list(answer, "invalidStaffIdList"):
        raise SendError(Reason("person_unknown"), permanent=True, mark="user_not_found")
    return SendReceipt(as_id(answer, "processQueryKey") or "")


def token_refused(response: HttpResponse) -> bool:
    """Returns whether the call may succeed with a fresh access token."""
    try:
        answer_of(response.status, response.headers, response.body)
    except SendError as error:
        return error.mark == TOKEN_REFUSED
    return False


def _old_failure(code: int, told: str, wait: float | None) -> SendError:
    message = answered("DingTalk", code, told[:160])
    if code in _OLD_REFRESH:
        return SendError(message, mark=TOKEN_REFUSED)
    if code in _OLD_LATER:
        usual = _OLD_LATER[code]
        return SendError(message, mark="flood" if code != -1 else "busy", retry_after=usual if wait is None else wait)
    return SendError(message, permanent=True, mark=_OLD_NEVER.get(code, "refused"))


def _new_failure(status: int, code: str, told: str, wait: float | None) -> SendError:
    message = answered("DingTalk", code[:80], told[:160])
    lowered = code.lower()
    if lowered.startswith(("invalidauthentication", "accesstoken")):
        return SendError(message, mark=TOKEN_REFUSED)
    if status == 429 or lowered.startswith(_NEW_LATER):
        mark = "busy" if lowered.startswith(("system", "unknown", "internal", "service")) else "flood"
        return SendError(message, mark=mark, retry_after=wait)
    if status >= 500:
        return SendError(message, mark="server_error", retry_after=wait)
    mark = next((mark for beginning, mark in _NEW_NEVER if lowered.startswith(beginning)), "refused")
    return SendError(message, permanent=True, mark=mark)
