"""Proofs that a request is genuine: HMACs and shared secrets, compared in constant time, within a time window.

Secrets come as lists, so that they can be rotated: two are accepted until the other side has changed to the new one.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Iterable

from clawdbot.clock import within_window

# The length is bounded, so that the number fits a float: 15 digits are milliseconds for 30,000 years.
_TIMESTAMP = re.compile(r"[0-9]{1,15}", re.ASCII)


def compare(left: str | bytes, right: str | bytes) -> bool:
    """Compares in constant time, on bytes, so that non-ASCII input cannot raise.

    `hmac.compare_digest` on `str` raises TypeError for non-ASCII characters, which an attacker could turn into a 500.
    """
    return hmac.compare_digest(_as_bytes(left), _as_bytes(right))


def hmac_hex(secret: str | bytes, message: str | bytes, algorithm: str = "sha256") -> str:
    """The lower-case hex HMAC of `message` under `secret`."""
    return _digest(secret, message, algorithm).hex()


def hmac_base64(secret: str | bytes, message: str | bytes, algorithm: str = "sha256") -> str:
    """The HMAC of `message` under `secret` in base64, with padding."""
    return base64.b64encode(_digest(secret, message, algorithm)).decode("ascii")


def verify_any(secrets: Iterable[str], given: str | bytes, expected: Callable[[str], str | bytes]) -> bool:
    """Checks a proof against every secret of a rotation list, without stopping early.

    Args:
        secrets: The accepted secrets; empty ones are skipped.
        given: The proof that came with the request.
        expected: Computes the right proof for one secret.

    Returns:
        True when the proof fits any secret. Always False without a secret or with an empty proof.
    """
    if not given:
        return False
    matched = False
    for secret in secrets:
        if secret:
            matched |= compare(given, expected(secret))
    return matched


def timely(timestamp: str, now: float, window_s: float, *, per_second: int = 1) -> bool:
    """Whether the timestamp of a request is decimal digits and lies within the window.

    Args:
        timestamp: As it came: a count since the Unix epoch.
        now: Epoch seconds.
        window_s: Seconds it may lie before or after `now`.
        per_second: Units of the timestamp in a second: 1 for seconds, 1000 for milliseconds.
    """
    return bool(_TIMESTAMP.fullmatch(timestamp)) and within_window(int(timestamp) / per_second, now, window_s)


def _digest(secret: str | bytes, message: str | bytes, algorithm: str) -> bytes:
    return hmac.digest(_as_bytes(secret), _as_bytes(message), algorithm)


def _as_bytes(value: str | bytes) -> bytes:
    # surrogatepass: header values come from the network, and a lone surrogate must compare, not raise.
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
