"""Checks and makes DingTalk's signatures, which cover only time and secret. They do not protect the body.

An intercepted request can be replayed with another body for an hour. So addresses from a body are used only when they
are DingTalk's own, and the robot's identity is not taken from a body.
"""

from __future__ import annotations

from collections.abc import Iterable

from adapters.errors import SignatureRejected
from clawdbot import signatures
from clawdbot.reasons import Reason

WINDOW_S = 3600.0


def sign(timestamp: str, secret: str) -> str:
    """Returns base64 of HMAC-SHA256 over timestamp, line feed and secret, with the secret as key."""
    return signatures.hmac_base64(secret, f"{timestamp}\n{secret}")


def verify(secrets: Iterable[str], timestamp: str, given: str, now: float) -> None:
    """Verifies the signature headers of a request.

    Args:
        secrets: App secrets, any of which may have signed.
        timestamp: Milliseconds since the epoch, as sent.
        given: Signature, as sent.
        now: Epoch seconds.

    Raises:
        SignatureRejected: The timestamp is more than an hour off, or the signature matches no secret.
    """
    if not signatures.timely(timestamp, now, WINDOW_S, per_second=1000):
        raise SignatureRejected(Reason("timestamp_stale", minutes=60), status=403)
    if not signatures.verify_any(secrets, given, lambda secret: sign(timestamp, secret)):
        raise SignatureRejected(Reason("signature_mismatch"), status=403)


def query(token: str, secret: str, now: float) -> dict[str, str]:
    """Returns the query of a custom group robot; signed when the robot has a secret."""
    if not secret:
        return {"access_token": token}
    timestamp = str(int(now * 1000))
    return {"access_token": token, "timestamp": timestamp, "sign": sign(timestamp, secret)}
