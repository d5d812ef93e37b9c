"""Simulates DingTalk: sends signed robot messages and accepts answers at their reply address."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from adapters.dingtalk import signing
from adapters.events import WebhookRequest
from adapters.simulation import ApiAnswer, ApiCall, Shown, Simulator, json_answer

_SECRET = "simulated-secret"  # noqa: S105 - of a channel that only this machine reaches
_CHAT = "cidSIM=="
_REPLY_S = 5400


class DingTalkSimulator(Simulator):
    """Simulates one robot. Redelivers twice, although DingTalk mostly does not."""

    platform = "dingtalk"
    redelivery_s = (1.0, 5.0)

    def account(self, base_url: str) -> dict[str, Any]:
        self._reply_url = f"{base_url}/robot/sendBySession?session=simulated"
        return {
            "app_key": "dingsim",
            "app_secret": _SECRET,
            "robot_code": "dingsim",
            "base_url": base_url,
            "allowed_hosts": [urlsplit(base_url).netloc],
        }

    def message(self, text: str) -> WebhookRequest:
        now = int(self.clock() * 1000)
        body = {
            "msgId": f"msgSIM{self.number()}",
            "msgtype": "text",
            "text": {"content": text},
            "conversationId": _CHAT,
            "conversationType": "1",
            "senderId": "$:LWCP_v1:$sam",
            "senderStaffId": "sam",
            "senderNick": "Sam",
            "chatbotUserId": "$:LWCP_v1:$bot",
            "robotCode": "dingsim",
            "createAt": now,
            "sessionWebhook": self._reply_url,
            "sessionWebhookExpiredTime": now + _REPLY_S * 1000,
        }
        return self.again(WebhookRequest("POST", body=json.dumps(body, ensure_ascii=False).encode()))

    def again(self, request: WebhookRequest) -> WebhookRequest:
        """Returns the same message, signed anew."""
        stamp = str(int(self.clock() * 1000))
        headers = {"timestamp": stamp, "sign": signing.sign(stamp, _SECRET), "Content-Type": "application/json"}
        return WebhookRequest("POST", headers=headers, body=request.body)

    def answer(self, call: ApiCall) -> ApiAnswer:
        body = call.json()
        if call.path.endswith("/accessToken"):
            return json_answer({"accessToken": "simulated-access-token", "expireIn": 7200})
        if call.path.endswith("/media/upload"):
            return json_answer({"errcode": 0, "errmsg": "ok", "media_id": self.keep(call)})
        if call.path.endswith("sendBySession"):
            kind = str(body.get("msgtype", "text"))
            inner = body.get(kind) or {}
            text = str(inner.get("content") or inner.get("text") or "")
            return json_answer({"errcode": 0, "errmsg": "ok"}, Shown(_CHAT, text))
        if call.path.endswith(("batchSend", "groupMessages/send")):
            given = json.loads(body.get("msgParam") or "{}")
            text = str(given.get("text") or given.get("content") or "")
            file = self.kept(given.get("mediaId") or given.get("photoURL"))
            return json_answer({"processQueryKey": str(self.number())}, Shown(_CHAT, text, file=file))
        return json_answer({})
