"""What the HTTP answers of all platforms have in common, below the codes each of them has."""

from __future__ import annotations

from typing import Any

from adapters.errors import MalformedPayload, SendError
from adapters.events import Headers
from adapters.payload import parse_object
from clawdbot.http import parse_retry_after
from clawdbot.reasons import Reason, Why


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object an answer holds; {} when it holds none."""
    try:
        return parse_object(body)
    except MalformedPayload:
        return {}


def object_or_nothing(platform: str, status: int, body: bytes) -> dict[str, Any]:
    """The JSON object of an answer that may also be empty.

    Raises:
        SendError: "bad_response" for a success that is neither: a proxy, or a broken server.
    """
    answer = object_of(body)
    if not answer and 200 <= status < 300 and body.strip() not in (b"", b"{}"):
        raise SendError(Reason("answer_not_understood", platform=platform), mark="bad_response")
    return answer


def wait_of(headers: Headers, name: str = "retry-after") -> float | None:
    """Seconds a platform asked to wait; None when it did not. Dates are passed over: answers are judged by no clock."""
    value = headers.get(name, "")
    return parse_retry_after(value, 0.0) if value[:1].isdecimal() else None


def answered(platform: str, code: object, told: str = "") -> Reason:
    """What a platform answered to a call.

    Args:
        platform: Its name, for people.
        code: Its own code, or the HTTP status.
        told: Its own words, "" for none.
    """
    if told:
        return Reason("platform_said", platform=platform, code=str(code), told=told)
    return Reason("platform_answered", platform=platform, code=str(code))


def unexplained(message: Why, status: int, wait: float | None) -> SendError:
    """The failure of an answer in which the platform gave no code of its own: only the HTTP status tells.

    Args:
        message: Why it failed.
        status: HTTP status.
        wait: Seconds the platform asked to wait, or None.
    """
    if status >= 500 or status in (408, 425, 429):
        return SendError(message, mark="flood" if status == 429 else "server_error", retry_after=wait)
    # 2xx without anything known is a proxy or a broken server.
    return SendError(message, permanent=status >= 300, mark="bad_response" if status < 300 else "refused")
