"""DingTalk's signature: over time and secret alone. It proves who sent a request, and nothing about its body.

Whoever catches one request can post other bodies with it for an hour. So addresses from a body are used only when they
are DingTalk's own, and nothing in a body is believed about who the robot is.
"""

from __future__ import annotations

from collections.abc import Iterable

from adapters.errors import SignatureRejected
from clawdbot import signatures
from clawdbot.reasons import Reason

WINDOW_S = 3600.0


def sign(timestamp: str, secret: str) -> str:
    """base64 of HMAC-SHA256 over timestamp, line feed and secret, under the secret."""
    return signatures.hmac_base64(secret, f"{timestamp}\n{secret}")


def verify(secrets: Iterable[str], timestamp: str, given: str, now: float) -> None:
    """Checks the headers of a request.

    Args:
        secrets: App secrets; any may have signed.
        timestamp: Milliseconds since the epoch, as sent.
        given: The signature, as sent.
        now: Epoch seconds.

    Raises:
        SignatureRejected: When the time is more than an hour away, or the signature fits no secret.
    """
    if not signatures.timely(timestamp, now, WINDOW_S, per_second=1000):
        raise SignatureRejected(Reason("timestamp_stale", minutes=60), status=403)
    if not signatures.verify_any(secrets, given, lambda secret: sign(timestamp, secret)):
        raise SignatureRejected(Reason("signature_mismatch"), status=403)


def query(token: str, secret: str, now: float) -> dict[str, str]:
    """The query string of a custom group robot; signed when it has a secret."""
    if not secret:
        return {"access_token": token}
    timestamp = str(int(now * 1000))
    return {"access_token": token, "timestamp": timestamp, "sign": sign(timestamp, secret)}
