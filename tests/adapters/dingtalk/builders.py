"""Signed DingTalk requests and Stream frames, as the vendor documents them."""

from __future__ import annotations

import json
from typing import Any

from adapters import registry
from adapters.base import Adapter
from adapters.dingtalk import signing
from adapters.events import Event, WebhookRequest

KEY = "dingkey1"
SECRET = "app-Secret 值"
NOW = 1_700_000_000.0
BOT = "$:LWCP_v1:$bot"


def dingtalk(**account: Any) -> Adapter[Any]:
    secret = f"{SECRET}{account.get('base_url', '')}"
    values = {"app_key": KEY, "app_secret": [secret, SECRET], **account}
    return registry.create("dingtalk", values, clock=lambda: NOW)


def request(
    body: dict[str, Any] | bytes, *, secret: str = SECRET, at: float = NOW, timestamp: str | None = None
) -> WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(at * 1000)) if timestamp is None else timestamp
    return WebhookRequest("POST", {}, {"timestamp": stamp, "sign": signing.sign(stamp, secret)}, raw)


def message(kind: str = "text", content: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "msgId": "msg1",
        "msgtype": kind,
        "conversationId": "cid1==",
        "conversationType": "1",
        "senderId": "$:LWCP_v1:$ann",
        "senderStaffId": "ann",
        "senderNick": "Ann",
        "chatbotUserId": BOT,
        "robotCode": KEY,
        "sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=1",
        "sessionWebhookExpiredTime": int((NOW + 5400) * 1000),
        "createAt": int(NOW * 1000),
    }
    body |= {"text": {"content": " hello "}} if kind == "text" else {"content": content or {}}
    return {key: value for key, value in {**body, **fields}.items() if value is not None}


def group(kind: str = "text", content: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return message(kind, content, **{"conversationType": "2", "isInAtList": True, **fields})


def event_of(body: dict[str, Any], **account: Any) -> Event:
    (event,) = dingtalk(**account).receive(request(body)).events
    return event


def frame(
    data: dict[str, Any] | str, *, topic: str = "/v1.0/im/bot/messages/get", kind: str = "CALLBACK", id: str = "f1"
) -> str:
    encoded = data if isinstance(data, str) else json.dumps(data)
    headers = {"messageId": id, "topic": topic, "contentType": "application/json"}
    return json.dumps({"specVersion": "1.0", "type": kind, "headers": headers, "data": encoded})
