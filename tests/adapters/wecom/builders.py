"""Signed and encrypted WeCom callbacks, as the vendor documents them."""

from __future__ import annotations

import json
from typing import Any

from adapters import registry
from adapters.base import Adapter
from adapters.events import Event, WebhookRequest
from adapters.payload import parse_object
from adapters.wecom import envelope

TOKEN = "callback-Token"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
CORP = "ww0123456789abcdef"
NOW = 1_700_000_000.0


def wecom(**account: Any) -> Adapter[Any]:
    values = {
        "token": TOKEN,
        "encoding_aes_key": KEY,
        "corp_id": CORP,
        "agent_id": "7",
        "secret": f"corp-secret-{account.get('base_url', '')}",
        **account,
    }
    return registry.create("wecom", values, clock=lambda: NOW)


def robot(**account: Any) -> Adapter[Any]:
    values = {"token": TOKEN, "encoding_aes_key": KEY, **account}
    return registry.create("wecom", values, clock=lambda: NOW)


def signed(encrypted: str, *, token: str = TOKEN, nonce: str = "n1") -> dict[str, str]:
    timestamp = str(int(NOW))
    given = envelope.signature(token, timestamp, nonce, encrypted)
    return {"msg_signature": given, "timestamp": timestamp, "nonce": nonce}


def app_request(
    inner: str | bytes,
    *,
    token: str = TOKEN,
    key: str = KEY,
    receiver: str = CORP,
    outer: str = "<xml><ToUserName>{to}</ToUserName><Encrypt>{encrypted}</Encrypt></xml>",
) -> WebhookRequest:
    content = inner if isinstance(inner, bytes) else inner.encode()
    encrypted = envelope.encrypt(key, content, receiver)
    body = outer.format(to=receiver, encrypted=encrypted).encode()
    return WebhookRequest("POST", signed(encrypted, token=token), {"Content-Type": "text/xml"}, body)


def robot_request(inner: dict[str, Any] | bytes, *, token: str = TOKEN, receiver: str = "") -> WebhookRequest:
    content = inner if isinstance(inner, bytes) else json.dumps(inner).encode()
    encrypted = envelope.encrypt(KEY, content, receiver)
    return WebhookRequest("POST", signed(encrypted, token=token), {}, json.dumps({"encrypt": encrypted}).encode())


def xml(kind: str, fields: str, *, agent: str = "7") -> str:
    return (
        f"<xml><ToUserName>{CORP}</ToUserName><FromUserName>ann</FromUserName><CreateTime>1700000000</CreateTime>"
        f"<MsgType>{kind}</MsgType>{fields}<AgentID>{agent}</AgentID></xml>"
    )


def app_event(kind: str, fields: str, **account: Any) -> Event:
    (event,) = wecom(**account).receive(app_request(xml(kind, fields))).events
    return event


def robot_message(kind: str = "text", **fields: Any) -> dict[str, Any]:
    return {
        "msgid": "m1",
        "aibotid": "bot",
        "chatid": "group-1",
        "chattype": "group",
        "from": {"userid": "ann"},
        "response_url": "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?code=1",
        "msgtype": kind,
        **({"text": {"content": "@Claw hello"}} if kind == "text" else {}),
        **fields,
    }


def robot_event(inner: dict[str, Any], **account: Any) -> Event:
    (event,) = robot(**account).receive(robot_request(inner)).events
    return event


class StreamsInMemory:
    """Keeps streams in a dict."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[str, bool]] = {}

    def read(self, stream_id: str) -> tuple[str, bool] | None:
        return self.held.get(stream_id)

    def write(self, stream_id: str, content: str, finished: bool) -> bool:
        known = self.held.get(stream_id)
        if known and known[1] and known[0] != content:
            return False
        self.held[stream_id] = (content, finished)
        return True


def opened(body: bytes) -> dict[str, Any]:
    sealed = parse_object(body)
    query = {
        "msg_signature": sealed["msgsignature"],
        "timestamp": str(sealed["timestamp"]),
        "nonce": sealed["nonce"],
    }
    return parse_object(envelope.open_request([TOKEN], [KEY], query, sealed["encrypt"], "").content)
