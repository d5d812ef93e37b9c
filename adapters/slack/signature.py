"""Verifies Slack's signatures: an HMAC over version, time and raw body."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.errors import SignatureRejected
from adapters.events import WebhookRequest
from clawdbot import signatures
from clawdbot.reasons import Reason

SIGNATURE_HEADER = "X-Slack-Signature"
TIMESTAMP_HEADER = "X-Slack-Request-Timestamp"
WINDOW_S = 300.0


def verify(secrets: Iterable[str], request: WebhookRequest, now: float) -> None:
    """Verifies the signature of a request.

    Raises:
        SignatureRejected: The signature is missing, wrong or more than five minutes old.
    """
    if not secrets:
        raise SignatureRejected(Reason("not_configured", key="signing_secret"))
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    if not signatures.timely(timestamp, now, WINDOW_S):
        raise SignatureRejected(Reason("timestamp_stale", minutes=5))
    signed = b"v0:" + timestamp.encode("ascii") + b":" + request.body
    given = request.headers.get(SIGNATURE_HEADER, "")
    if not signatures.verify_any(secrets, given, lambda secret: f"v0={signatures.hmac_hex(secret, signed)}"):
        raise SignatureRejected(Reason("signature_mismatch"))
