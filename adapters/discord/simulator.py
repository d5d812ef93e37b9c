"""Simulates Discord: sends signed interactions of the command /ask and accepts answers at the webhook endpoints."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from adapters.events import HttpReply, WebhookRequest
from adapters.simulation import ApiAnswer, ApiCall, Shown, Simulator, json_answer

_SEED = bytes(range(32))
_CHANNEL = "900"
_DEFERRED = 5


class DiscordSimulator(Simulator):
    """Simulates one application. Redelivers twice, although Discord does not."""

    platform = "discord"
    redelivery_s = (0.5, 1.0)

    @cached_property
    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(_SEED)

    def account(self, base_url: str) -> dict[str, Any]:
        key = self._key.public_key().public_bytes_raw().hex()
        return {"public_key": key, "application_id": "77", "bot_token": "simulated-token", "base_url": base_url}

    def message(self, text: str) -> WebhookRequest:
        number = self.number()
        body = {
            "id": str(number),
            "application_id": "77",
            "token": f"token-{number}",
            "version": 1,
            "type": 2,
            "channel_id": _CHANNEL,
            "context": 1,
            "user": {"id": "42", "username": "sam", "global_name": "Sam"},
            "data": {"id": "5", "name": "ask", "type": 1, "options": [{"type": 3, "name": "message", "value": text}]},
        }
        return self.again(WebhookRequest("POST", body=json.dumps(body, ensure_ascii=False).encode()))

    def again(self, request: WebhookRequest) -> WebhookRequest:
        """Returns the same interaction, signed anew."""
        stamp = str(int(self.clock()))
        signature = self._key.sign(stamp.encode() + request.body).hex()
        headers = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": stamp, "Content-Type": "application/json"}
        return WebhookRequest("POST", headers=headers, body=request.body)

    def answer(self, call: ApiCall) -> ApiAnswer:
        if call.method in ("PATCH", "POST") and ("/webhooks/" in call.path or call.path.endswith("/messages")):
            number = str(self.number())
            fields, files = call.form()
            body = json.loads(fields["payload_json"]) if files else call.json()
            shown = Shown(_CHANNEL, str(body.get("content", "")), number, file=next(iter(files.values()), None))
            return json_answer({"id": number, "channel_id": _CHANNEL}, shown)
        return json_answer({"id": "77", "username": "Simulated", "name": "Simulated"})

    def passive(self, reply: HttpReply) -> tuple[Shown, ...]:
        """Returns the "thinking" sign, until the answer replaces it."""
        deferred = reply.body[:1] == b"{" and json.loads(reply.body).get("type") == _DEFERRED
        return (Shown(_CHANNEL, sign="thinking"),) if deferred else ()
