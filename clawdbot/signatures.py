"""Verifies that a request is authentic: HMACs and shared secrets, compared in constant time, and time windows.

Secrets are lists, so that they can be rotated: both secrets are valid until the other side uses the new one.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Iterable

from clawdbot.clock import within_window

# At most 15 digits, which are exact in a float: milliseconds of 30,000 years.
_TIMESTAMP = re.compile(r"[0-9]{1,15}", re.ASCII)


def compare(left: str | bytes, right: str | bytes) -> bool:
    """Compares in constant time. Compares bytes, so that non-ASCII input cannot raise.

    `hmac.compare_digest` raises TypeError for a `str` with non-ASCII characters, so an attacker could cause a 500.
    """
    return hmac.compare_digest(_as_bytes(left), _as_bytes(right))


def hmac_hex(secret: str | bytes, message: str | bytes, algorithm: str = "sha256") -> str:
    """Returns the HMAC of `message` with `secret` in lower-case hex."""
    return _digest(secret, message, algorithm).hex()


def hmac_base64(secret: str | bytes, message: str | bytes, algorithm: str = "sha256") -> str:
    """Returns the HMAC of `message` with `secret` in base64 with padding."""
    return base64.b64encode(_digest(secret, message, algorithm)).decode("ascii")


def verify_any(secrets: Iterable[str], given: str | bytes, expected: Callable[[str], str | bytes]) -> bool:
    """Checks a signature against every secret of a rotation list, without stopping early.

    Args:
        secrets: The accepted secrets; empty ones are skipped.
        given: The signature of the request.
        expected: Computes the expected signature for one secret.

    Returns:
        True when the signature matches any secret. Always False without a secret or with an empty signature.
    """
    if not given:
        return False
    matched = False
    for secret in secrets:
        if secret:
            matched |= compare(given, expected(secret))
    return matched


def timely(timestamp: str, now: float, window_s: float, *, per_second: int = 1) -> bool:
    """Returns whether a request's timestamp consists of decimal digits and is within the window.

    Args:
        timestamp: The raw value from the request, counted since the Unix epoch.
        now: Epoch seconds.
        window_s: Largest difference from `now` in seconds.
        per_second: Timestamp units per second: 1 for seconds, 1000 for milliseconds.
    """
    return bool(_TIMESTAMP.fullmatch(timestamp)) and within_window(int(timestamp) / per_second, now, window_s)


def _digest(secret: str | bytes, message: str | bytes, algorithm: str) -> bytes:
    return hmac.digest(_as_bytes(secret), _as_bytes(message), algorithm)


def _as_bytes(value: str | bytes) -> bytes:
    # surrogatepass: a lone surrogate in a header value must not raise.
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
