"""Posts the values of a flow to a webhook: signed, with a deadline, and with a key that makes a repetition harmless.

The body and the headers are described in docs/flows.md. The signature is that of the product's other outgoing webhooks:
hex HMAC-SHA256 of the timestamp, a dot and the body.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from clawdbot import http, signatures
from clawdbot.redaction import redact
from clawdbot.storable_text import storable
from skills.tool_types import ToolResult

TOTAL_S = 12.0
_TIMEOUT = (4.0, 10.0)
_MOST_BYTES = 64 * 1024
_LONGEST_ANSWER = 2000


def post(url: str, content: Mapping[str, Any], *, secret: str, key: str, public_only: bool) -> ToolResult:
    """Makes one request; the caller decides about another one.

    A redirect is refused: the signed values go to the address that the operator entered, and nowhere else.

    Args:
        url: The address.
        content: What the body holds beside the key; JSON values.
        secret: Signs the body.
        key: The same for each repetition of this effect.
        public_only: Refuses addresses of private networks.

    Returns:
        The "text" of a JSON answer, which the person reads; "" for any other answer. With `ok` False, why it failed.
    """
    body = json.dumps({**content, "idempotency_key": key}, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    try:
        with http.within(TOTAL_S):
            response = http.request(
                "POST",
                url,
                data=body,
                headers=headers(body, secret=secret, key=key, now=time.time()),
                timeout=_TIMEOUT,
                max_bytes=_MOST_BYTES,
                public_only=public_only,
            )
    except http.HttpError as error:
        return ToolResult(redact(str(error)), ok=False)
    if not response.ok:
        return ToolResult(f"HTTP {response.status}", ok=False)
    return ToolResult(_text_of(response))


def headers(body: bytes, *, secret: str, key: str, now: float) -> dict[str, str]:
    """Returns the headers of a body; `now` is in seconds since the epoch."""
    timestamp = str(int(now))
    return {
        "Content-Type": "application/json",
        "X-Timestamp": timestamp,
        "X-Signature": signatures.hmac_hex(secret, timestamp.encode("ascii") + b"." + body),
        "Idempotency-Key": key,
    }


def _text_of(response: http.HttpResponse) -> str:
    try:
        answer = response.json()
    except http.HttpError:
        return ""
    text = answer.get("text") if isinstance(answer, dict) else None
    return storable(text)[:_LONGEST_ANSWER].strip() if isinstance(text, str) else ""
