"""Reads HTTP responses in the way all platforms share; each adapter adds its platform's error codes."""

from __future__ import annotations

from typing import Any

from adapters.errors import MalformedPayload, SendError
from adapters.events import Headers
from adapters.payload import parse_object
from clawdbot.http import parse_retry_after
from clawdbot.reasons import Reason, Why


def object_of(body: bytes) -> dict[str, Any]:
    """Returns the JSON object of a response; {} when it holds none."""
    try:
        return parse_object(body)
    except MalformedPayload:
        return {}


def object_or_nothing(platform: str, status: int, body: bytes) -> dict[str, Any]:
    """Returns the JSON object of a response that may also be empty.

    Raises:
        SendError: Mark "bad_response" for a 2xx response that is neither: a proxy, or a broken server.
    """
    answer = object_of(body)
    if not answer and 200 <= status < 300 and body.strip() not in (b"", b"{}"):
        raise SendError(Reason("answer_not_understood", platform=platform), mark="bad_response")
    return answer


def wait_of(headers: Headers, name: str = "retry-after") -> float | None:
    """Returns the seconds of Retry-After; None when there are none. Ignores dates, because no clock is at hand."""
    value = headers.get(name, "")
    return parse_retry_after(value, 0.0) if value[:1].isdecimal() else None


def answered(platform: str, code: object, told: str = "") -> Reason:
    """Returns the reason that quotes the platform's response to a call.

    Args:
        platform: Display name of the platform.
        code: The platform's error code, or the HTTP status.
        told: The platform's error message; "" for none.
    """
    if told:
        return Reason("platform_said", platform=platform, code=str(code), told=told)
    return Reason("platform_answered", platform=platform, code=str(code))


def unexplained(message: Why, status: int, wait: float | None) -> SendError:
    """Returns the error for a response without a platform error code, judged by the HTTP status alone.

    Args:
        message: Reason of the failure.
        status: HTTP status.
        wait: Seconds to wait, as the platform asks; None when it does not.
    """
    if status >= 500 or status in (408, 425, 429):
        return SendError(message, mark="flood" if status == 429 else "server_error", retry_after=wait)
    # An unrecognised 2xx response comes from a proxy or a broken server.
    return SendError(message, permanent=status >= 300, mark="bad_response" if status < 300 else "refused")
