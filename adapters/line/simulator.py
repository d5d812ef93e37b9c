"""Simulates LINE: sends signed webhooks with a reply token and serves the reply and push endpoints."""

from __future__ import annotations

import json
from typing import Any

from adapters.events import WebhookRequest
from adapters.simulation import ApiAnswer, ApiCall, Shown, ShownFile, Simulator, json_answer
from clawdbot import signatures

_SECRET = "simulated-secret"  # noqa: S105 - of a channel that only this machine reaches


class LineSimulator(Simulator):
    """Simulates one channel with redelivery switched on. A reply token works once."""

    platform = "line"
    redelivery_s = (1.0, 10.0, 60.0)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._used: set[str] = set()

    def account(self, base_url: str) -> dict[str, Any]:
        return {"channel_secret": _SECRET, "channel_access_token": "simulated-token", "base_url": base_url}

    def message(self, text: str) -> WebhookRequest:
        number = self.number()
        event = {
            "type": "message",
            "mode": "active",
            "timestamp": int(self.clock() * 1000),
            "source": {"type": "user", "userId": "Usam"},
            "webhookEventId": f"01SIM{number}",
            "deliveryContext": {"isRedelivery": False},
            "replyToken": f"reply-{number}",
            "message": {"id": str(number), "type": "text", "text": text},
        }
        return _signed({"destination": "Ubot", "events": [event]})

    def again(self, request: WebhookRequest) -> WebhookRequest:
        """Returns the same event, marked as redelivered."""
        body = json.loads(request.body)
        body["events"][0]["deliveryContext"]["isRedelivery"] = True
        return _signed(body)

    def answer(self, call: ApiCall) -> ApiAnswer:
        kind, body = call.path.rsplit("/", 1)[-1], call.json()
        if kind in ("reply", "push"):
            token = str(body.get("replyToken", ""))
            if kind == "reply" and token in self._used:
                return json_answer({"message": "Invalid reply token"}, status=400)
            self._used.add(token)
            messages = body.get("messages", [])
            sent = [{"id": str(self.number())} for _message in messages]
            return json_answer({"sentMessages": sent}, *map(_shown, messages))
        if kind == "info":
            return json_answer({"userId": "Ubot", "displayName": "Simulated", "basicId": "@bot"})
        sign = (Shown("Usam", sign="typing"),) if call.path.endswith("/loading/start") else ()
        return json_answer({}, *sign)


def _shown(message: dict[str, Any]) -> Shown:
    url = str(message.get("originalContentUrl", ""))
    file = ShownFile(url.rpartition("/")[2], str(message.get("type", "")), url=url) if url else None
    return Shown("Usam", str(message.get("text", "")), file=file)


def _signed(body: dict[str, Any]) -> WebhookRequest:
    raw = json.dumps(body, ensure_ascii=False).encode()
    headers = {"X-Line-Signature": signatures.hmac_base64(_SECRET, raw), "Content-Type": "application/json"}
    return WebhookRequest("POST", headers=headers, body=raw)
