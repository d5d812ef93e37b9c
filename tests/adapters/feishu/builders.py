"""Signed and encrypted Feishu events, as the vendor documents them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

from adapters import registry
from adapters.base import Adapter
from adapters.events import Event, WebhookRequest

TOKEN = "verification-Token"
KEY = "encrypt key 值"
APP = "cli_0123"
BOT = "ou_bot"
NOW = 1_700_000_000.0


def feishu(**account: Any) -> Adapter[Any]:
    values = {
        "app_id": APP,
        "app_secret": f"app-secret-{account.get('base_url', '')}",
        "verification_token": TOKEN,
        "encrypt_key": KEY,
        "bot_open_id": BOT,
        **account,
    }
    return registry.create("feishu", values, clock=lambda: NOW)


def encrypted(content: bytes, key: str = KEY) -> str:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    iv = os.urandom(16)
    size = 16 - len(content) % 16
    cipher = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(iv)).encryptor()
    return base64.b64encode(iv + cipher.update(content + bytes([size]) * size) + cipher.finalize()).decode()


def request(inner: dict[str, Any] | bytes, *, key: str = KEY, sign: bool = True) -> WebhookRequest:
    """Returns an event of an account with an Encrypt Key."""
    content = inner if isinstance(inner, bytes) else json.dumps(inner, ensure_ascii=False).encode()
    body = json.dumps({"encrypt": encrypted(content, key)}).encode()
    signature = hashlib.sha256(f"{int(NOW)}nonce{key}".encode() + body).hexdigest()
    headers = {
        "X-Lark-Request-Timestamp": str(int(NOW)),
        "X-Lark-Request-Nonce": "nonce",
        "X-Lark-Signature": signature,
    }
    return WebhookRequest("POST", {}, headers if sign else {}, body)


def plain_request(inner: dict[str, Any] | bytes) -> WebhookRequest:
    """Returns an event of an account without an Encrypt Key."""
    return WebhookRequest("POST", {}, {}, inner if isinstance(inner, bytes) else json.dumps(inner).encode())


def envelope(kind: str, event: dict[str, Any], *, token: str = TOKEN, app: str = APP) -> dict[str, Any]:
    header = {"event_id": "ev1", "event_type": kind, "token": token, "app_id": app, "tenant_key": "t"}
    return {"schema": "2.0", "header": header, "event": event}


def message(
    content: Any = None, *, kind: str = "text", sender: str = "user", token: str = TOKEN, **fields: Any
) -> dict[str, Any]:
    body = {
        "message_id": "om_1",
        "chat_id": "oc_1",
        "chat_type": "p2p",
        "message_type": kind,
        "content": json.dumps({"text": "hello"} if content is None else content),
        **fields,
    }
    ids = {"open_id": "ou_ann", "user_id": "ann", "union_id": "on_ann"}
    event = {"sender": {"sender_id": ids, "sender_type": sender}, "message": body}
    return envelope("im.message.receive_v1", event, token=token)


def event_of(inner: dict[str, Any], **account: Any) -> Event:
    (event,) = feishu(**account).receive(request(inner)).events
    return event
