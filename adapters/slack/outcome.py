"""Classifies Web API responses as success, temporary failure or permanent failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from adapters.events import Headers, SendReceipt
from adapters.http_responses import answered, object_of, wait_of
from adapters.payload import as_text

NOT_IN_CHANNEL = "not_in_channel"
BAD_BLOCKS = "bad_blocks"
THREAD_GONE = "thread_gone"
_DEFAULT_WAIT_S = 1.0

# Temporary errors; every other one is permanent.
_PASSING = frozenset(
    {
        "fatal_error",
        "internal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "external_channel_migrating",
        "org_login_required",
        "two_factor_setup_required",
    }
)
_FLOOD = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_MARKS = {
    "channel_not_found": "chat_not_found",
    "not_in_channel": NOT_IN_CHANNEL,
    "is_archived": "archived",
    "thread_not_found": THREAD_GONE,
    "cannot_reply_to_message": THREAD_GONE,
    "restricted_action_non_threadable_channel": THREAD_GONE,
    "msg_too_long": "too_long",
    "msg_blocks_too_long": "too_long",
    "no_text": "empty",
    "invalid_blocks": BAD_BLOCKS,
    "invalid_blocks_format": BAD_BLOCKS,
    "invalid_auth": "unauthorized",
    "not_authed": "unauthorized",
    "account_inactive": "unauthorized",
    "token_revoked": "unauthorized",
    "token_expired": "unauthorized",
    "access_denied": "unauthorized",
    "missing_scope": "no_rights",
    "no_permission": "no_rights",
    "restricted_action": "no_rights",
    "user_disabled": "user_deactivated",
    "messages_tab_disabled": "user_blocked",
    "message_not_found": "message_not_found",
    "edit_window_closed": "message_not_found",
    "cant_update_message": "message_not_found",
    "file_uploads_disabled": "no_rights",
    "file_uploads_except_images_disabled": "no_rights",
    "file_upload_size_restricted": "too_large",
    "storage_limit_reached": "too_large",
    "blocked_file_type": "wrong_type",
    "malware_detected": "wrong_type",
    "file_not_found": "media_gone",
    "invalid_channel": "chat_not_found",
    "used_url": "reply_url_expired",
    "expired_url": "reply_url_expired",
}


def result_of(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Returns the body of a successful call.

    Raises:
        SendError: The call failed; Slack reports most failures with status 200.
    """
    if 200 <= status < 300 and body.strip() in (b"ok", b""):
        return {}  # response_url and uploads answer without JSON
    answer = object_of(body)
    if 200 <= status < 300 and answer.get("ok") is True:
        return answer
    raise _failure(status, Headers(headers), as_text(answer, "error") or body[:40].decode("ascii", "replace").strip())


def judge(status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
    """Returns the receipt of a successful send; its id is the message's `ts`.

    Raises:
        SendError: With a mark such as "flood", "not_in_channel", "chat_not_found", "unauthorized" or "too_long".
    """
    answer = result_of(status, headers, body)
    channel = as_text(answer, "channel")
    return SendReceipt(as_text(answer, "ts"), {"channel": channel} if channel else {})


def _failure(status: int, headers: Headers, error: str) -> SendError:
    message = answered("Slack", status, error[:100])
    wait = wait_of(headers)
    if status == 429 or error in _FLOOD:
        return SendError(message, mark="flood", retry_after=_DEFAULT_WAIT_S if wait is None else wait)
    if error in _PASSING or status >= 500 or status in (408, 425):
        return SendError(message, mark="server_error", retry_after=wait)
    if error in _MARKS:
        return SendError(message, permanent=True, mark=_MARKS[error])
    if status < 300 and not error.replace("_", "").isalnum():
        return SendError(
            message, mark="bad_response"
        )  # a 2xx response that is not Slack's comes from a proxy or a captive portal
    mark = {401: "unauthorized", 403: "unauthorized", 404: "gone", 410: "gone", 413: "too_long"}.get(status, "refused")
    return SendError(message, permanent=True, mark=mark)
