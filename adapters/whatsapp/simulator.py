"""Simulates WhatsApp's Cloud API: sends signed webhooks of one phone number and serves its messages endpoint."""

from __future__ import annotations

import json
from typing import Any

from adapters.events import WebhookRequest
from adapters.simulation import ApiAnswer, ApiCall, Shown, Simulator, json_answer
from clawdbot import signatures

_SECRET = "simulated-secret"  # noqa: S105 - of a channel that only this machine reaches
_PHONE = "1100"
_SAM = "491510000001"


class WhatsAppSimulator(Simulator):
    """Simulates one phone number. Redelivers with growing pauses, which WhatsApp continues for days."""

    platform = "whatsapp"
    redelivery_s = (1.0, 5.0, 25.0, 125.0)

    def account(self, base_url: str) -> dict[str, Any]:
        return {
            "app_secret": _SECRET,
            "verify_token": "simulated",
            "phone_number_id": _PHONE,
            "access_token": "simulated-token",
            "base_url": base_url,
        }

    def message(self, text: str) -> WebhookRequest:
        said = {
            "from": _SAM,
            "id": f"wamid.SIM{self.number()}",
            "timestamp": str(int(self.clock())),
            "type": "text",
            "text": {"body": text},
        }
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "4930", "phone_number_id": _PHONE},
            "contacts": [{"profile": {"name": "Sam"}, "wa_id": _SAM}],
            "messages": [said],
        }
        entry = {"id": "2200", "changes": [{"field": "messages", "value": value}]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, ensure_ascii=False).encode()
        headers = {"X-Hub-Signature-256": "sha256=" + signatures.hmac_hex(_SECRET, body)}
        return WebhookRequest("POST", headers=headers | {"Content-Type": "application/json"}, body=body)

    def answer(self, call: ApiCall) -> ApiAnswer:
        body = call.json()
        if call.path.endswith("/media"):
            return json_answer({"id": self.keep(call)})
        if not call.path.endswith("/messages"):
            return json_answer({"id": _PHONE, "display_phone_number": "4930", "verified_name": "Simulated"})
        if body.get("status") == "read":
            return json_answer({"success": True}, Shown(_SAM, sign="typing"))
        number = f"wamid.OUT{self.number()}"
        sent = {"messaging_product": "whatsapp", "messages": [{"id": number}]}
        inner = body.get(str(body.get("type"))) or {}
        return json_answer(sent, Shown(_SAM, _text(body), number, file=self.kept(inner.get("id"))))


def _text(body: dict[str, Any]) -> str:
    kind = str(body.get("type", "text"))
    inner = body.get(kind) or {}
    if kind == "interactive":
        return str((inner.get("body") or {}).get("text", ""))
    return str(inner.get("body") or inner.get("caption") or inner.get("name") or "")
