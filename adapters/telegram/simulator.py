"""Simulates Telegram: sends updates with a secret token and serves the Bot API methods that answer them."""

from __future__ import annotations

import json
from typing import Any

from adapters.events import WebhookRequest
from adapters.simulation import ApiAnswer, ApiCall, Shown, Simulator, json_answer

_CHAT = {"id": 4711, "type": "private", "first_name": "Sam"}
_SIGNS = {"sendChatAction": "typing", "setMessageReaction": "reaction", "answerCallbackQuery": "button heard"}


class TelegramSimulator(Simulator):
    """Simulates one bot. Redelivers until it gets a 2xx, as Telegram does."""

    platform = "telegram"
    redelivery_s = (1.0, 2.0, 4.0, 8.0, 16.0)

    def account(self, base_url: str) -> dict[str, Any]:
        return {"token": "4711:simulated-token", "secret_token": "simulated-secret", "base_url": base_url}

    def message(self, text: str) -> WebhookRequest:
        number = self.number()
        message = {
            "message_id": number,
            "date": int(self.clock()),
            "text": text,
            "chat": _CHAT,
            "from": _CHAT | {"is_bot": False},
        }
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": "simulated-secret"}
        return WebhookRequest(
            "POST", headers=headers, body=json.dumps({"update_id": number, "message": message}).encode()
        )

    def answer(self, call: ApiCall) -> ApiAnswer:
        method, body = call.path.rsplit("/", 1)[-1], call.json()
        chat_id = str(body.get("chat_id", ""))
        if method in ("sendMessage", "editMessageText"):
            edited = method == "editMessageText"
            number = int(body["message_id"]) if edited else self.number()
            result = {"message_id": number, "date": int(self.clock()), "chat": _CHAT}
            shown = Shown(chat_id, str(body.get("text", "")), str(number), edited)
            return json_answer({"ok": True, "result": result}, shown)
        fields, files = call.form()
        if files:
            number = self.number()
            result = {"message_id": number, "date": int(self.clock()), "chat": _CHAT}
            (file,) = files.values()
            shown = Shown(fields.get("chat_id", ""), fields.get("caption", ""), str(number), file=file)
            return json_answer({"ok": True, "result": result}, shown)
        if method == "getMe":
            me = {"id": 4711, "is_bot": True, "first_name": "Simulated", "username": "SimulatedBot"}
            return json_answer({"ok": True, "result": me})
        if method == "getWebhookInfo":
            return json_answer({"ok": True, "result": {"url": "", "pending_update_count": 0}})
        shown_sign = (Shown(chat_id, sign=_SIGNS[method]),) if method in _SIGNS else ()
        return json_answer({"ok": True, "result": True}, *shown_sign)
