"""Simulates Feishu: sends encrypted and signed events of direct messages and serves the message endpoints."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

from adapters.events import WebhookRequest
from adapters.simulation import ApiAnswer, ApiCall, Shown, Simulator, json_answer

_KEY = "simulated-key"
_TOKEN = "simulated-token"  # noqa: S105 - of a channel that only this machine reaches
_CHAT = "oc_sim"


class FeishuSimulator(Simulator):
    """Simulates one bot. Redelivers after 15 seconds, 5 minutes and one hour."""

    platform = "feishu"
    redelivery_s = (15.0, 300.0, 3600.0)

    def account(self, base_url: str) -> dict[str, Any]:
        return {
            "app_id": "cli_sim",
            "app_secret": f"simulated-{base_url}",
            "verification_token": _TOKEN,
            "encrypt_key": _KEY,
            "bot_open_id": "ou_bot",
            "base_url": base_url,
        }

    def message(self, text: str) -> WebhookRequest:
        number = self.number()
        said = {
            "message_id": f"om_{number}",
            "chat_id": _CHAT,
            "chat_type": "p2p",
            "message_type": "text",
            "content": json.dumps({"text": text}, ensure_ascii=False),
        }
        sender = {"sender_id": {"open_id": "ou_sam", "user_id": "sam"}, "sender_type": "user"}
        header = {
            "event_id": f"ev_{number}",
            "event_type": "im.message.receive_v1",
            "token": _TOKEN,
            "app_id": "cli_sim",
            "create_time": str(int(self.clock() * 1000)),
        }
        event = {"schema": "2.0", "header": header, "event": {"sender": sender, "message": said}}
        sealed = _encrypted(json.dumps(event, ensure_ascii=False).encode())
        return self.again(WebhookRequest("POST", body=json.dumps({"encrypt": sealed}).encode()))

    def again(self, request: WebhookRequest) -> WebhookRequest:
        """Returns the same event, signed anew."""
        stamp, nonce = str(int(self.clock())), str(self.number())
        signature = hashlib.sha256(f"{stamp}{nonce}{_KEY}".encode() + request.body).hexdigest()
        headers = {
            "X-Lark-Request-Timestamp": stamp,
            "X-Lark-Request-Nonce": nonce,
            "X-Lark-Signature": signature,
            "Content-Type": "application/json",
        }
        return WebhookRequest("POST", headers=headers, body=request.body)

    def answer(self, call: ApiCall) -> ApiAnswer:
        if call.path.endswith("/tenant_access_token/internal"):
            return json_answer({"code": 0, "tenant_access_token": f"t-{self.number()}", "expire": 7200})
        if call.path.endswith(("/im/v1/images", "/im/v1/files")):
            name = "image_key" if call.path.endswith("images") else "file_key"
            return json_answer({"code": 0, "msg": "success", "data": {name: self.keep(call)}})
        if "/im/v1/messages" in call.path and call.method in ("POST", "PUT", "PATCH") and b"content" in call.body:
            edited = call.method != "POST"
            number = call.path.rsplit("/", 1)[-1] if edited else f"om_{self.number()}"
            content = json.loads(call.json().get("content") or "{}")
            file = self.kept(content.get("image_key") or content.get("file_key"))
            shown = Shown(_CHAT, _words(content), number, edited, file=file)
            return json_answer({"code": 0, "msg": "success", "data": {"message_id": number}}, shown)
        bot = {"open_id": "ou_bot", "app_name": "Simulated"}
        return json_answer({"code": 0, "msg": "ok", "bot": bot, "data": {}})


def _words(content: Any) -> str:
    """Returns the texts of a message in any of Feishu's forms."""
    if isinstance(content, dict):
        own = content.get("text") if isinstance(content.get("text"), str) else content.get("content")
        found = [own] if isinstance(own, str) else []
        return " ".join([*found, *(_words(value) for value in content.values() if isinstance(value, (dict, list)))])
    if isinstance(content, list):
        return " ".join(filter(None, map(_words, content)))
    return ""


def _encrypted(content: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    start, size = os.urandom(16), 16 - len(content) % 16
    cipher = Cipher(algorithms.AES(hashlib.sha256(_KEY.encode()).digest()), modes.CBC(start)).encryptor()
    sealed = start + cipher.update(content + bytes([size]) * size) + cipher.finalize()
    return base64.b64encode(sealed).decode()
