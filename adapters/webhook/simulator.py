"""Simulates another program, which posts signed messages and accepts signed replies."""

from __future__ import annotations

import json
from typing import Any

from adapters.events import WebhookRequest
from adapters.simulation import ApiAnswer, ApiCall, Shown, ShownFile, Simulator, json_answer
from adapters.webhook.adapter import SIGNATURE_HEADER, TIMESTAMP_HEADER
from clawdbot import signatures

_SECRET = "simulated-secret"  # noqa: S105 - of a channel that only this machine reaches


class WebhookSimulator(Simulator):
    """Simulates one program. Redelivers twice; refuses replies without a valid signature."""

    platform = "webhook"
    redelivery_s = (1.0, 10.0)

    def account(self, base_url: str) -> dict[str, Any]:
        return {"secret": _SECRET, "reply_url": f"{base_url}/replies"}

    def message(self, text: str) -> WebhookRequest:
        user = {"id": "sam", "name": "Sam"}
        body = json.dumps({"id": f"m{self.number()}", "user": user, "text": text}, ensure_ascii=False).encode()
        return self.again(WebhookRequest("POST", body=body))

    def again(self, request: WebhookRequest) -> WebhookRequest:
        """Returns the same message, signed anew."""
        timestamp = str(int(self.clock()))
        headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: self._sign(timestamp, request.body)}
        return WebhookRequest("POST", headers=headers | {"Content-Type": "application/json"}, body=request.body)

    def answer(self, call: ApiCall) -> ApiAnswer:
        headers = {name.lower(): value for name, value in call.headers.items()}
        timestamp, given = headers.get(TIMESTAMP_HEADER.lower(), ""), headers.get(SIGNATURE_HEADER.lower(), "")
        if not signatures.compare(given, self._sign(timestamp, call.body)):
            return json_answer({"error": "not signed"}, status=401)
        body = call.json()
        chat, told = str((body.get("chat") or {}).get("id", "")), body.get("file") or {}
        file = None
        if told:
            file = ShownFile(told["name"], told["mime"], told["size"], told.get("url", ""))
        shown = Shown(chat, str(body.get("text", "")), str(body.get("id", "")), file=file)
        return json_answer({"id": body.get("id", "")}, shown)

    @staticmethod
    def _sign(timestamp: str, body: bytes) -> str:
        return signatures.hmac_hex(_SECRET, timestamp.encode() + b"." + body)
