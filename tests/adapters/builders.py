"""Requests and updates that are valid unless a test changes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters import registry
from adapters.base import Adapter
from adapters.events import Event, WebhookRequest
from clawdbot import signatures
from tests.http_server import Answer, Recorded, Server, json_answer

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
NOW = 1_700_000_000.0
TELEGRAM_SECRET = "first-Secret_1"
WEBHOOK_SECRET = "It's our secret: 值"


def telegram(**account: Any) -> Adapter[Any]:
    values = {"token": TOKEN, "secret_token": TELEGRAM_SECRET, "username": "ClawBot", **account}
    return registry.create("telegram", values, clock=lambda: NOW)


def telegram_request(body: bytes | dict[str, Any], secret: str | None = TELEGRAM_SECRET) -> WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if secret is None else {"x-telegram-bot-api-secret-token": secret}
    return WebhookRequest("POST", {}, headers, raw)


def telegram_event(update: dict[str, Any], **account: Any) -> Event:
    (event,) = telegram(**account).receive(telegram_request(update)).events
    return event


def telegram_fixture(name: str) -> Event:
    return telegram_event(json.loads((FIXTURES / "telegram" / f"{name}.json").read_text("utf-8")))


def message(text: str | None = "hello", *, update_id: int = 1, **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "message_id": 5,
        "date": int(NOW),
        "from": {"id": 42, "is_bot": False, "first_name": "Ann"},
        "chat": {"id": 42, "type": "private"},
        **fields,
    }
    if text is not None:
        body["text"] = text
    return {"update_id": update_id, "message": body}


def in_group(text: str | None = "hello", **fields: Any) -> dict[str, Any]:
    return message(text, chat={"id": -1007, "type": "supergroup", "title": "Ops"}, **fields)


def webhook(**account: Any) -> Adapter[Any]:
    return registry.create(
        "webhook", {"secret": WEBHOOK_SECRET, "reply_url": "http://127.0.0.1:9/", **account}, clock=lambda: NOW
    )


def webhook_request(
    body: bytes | dict[str, Any],
    *,
    secret: str = WEBHOOK_SECRET,
    timestamp: float | str | None = None,
    **headers: str,
) -> WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = raw
    sent = {}
    if timestamp is not None:
        sent["X-Timestamp"] = timestamp if isinstance(timestamp, str) else str(int(timestamp))
        signed = sent["X-Timestamp"].encode() + b"." + raw
    sent["X-Signature"] = signatures.hmac_hex(secret, signed)
    return WebhookRequest("POST", {}, {**sent, **headers}, raw)


def answer_with_tokens(
    server: Server, token_path: str, token: Callable[[int], dict[str, Any]], *answers: Answer
) -> list[Recorded]:
    """Answers calls for a token with `token(1)`, `token(2)`, ..., other calls with `answers`; the last one repeats.

    Returns:
        The other calls; the list grows with each.
    """
    left, seen, tokens = list(answers), [], 0

    def respond(request: Recorded) -> Answer:
        nonlocal tokens
        if token_path in request.path:
            tokens += 1
            return json_answer(token(tokens))
        seen.append(request)
        return left.pop(0) if len(left) > 1 else left[0]

    server.respond = respond
    return seen
