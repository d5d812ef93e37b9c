"""Facts of each platform for the contract tests: a valid request, and how its sender signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters import registry
from adapters.base import Adapter
from adapters.events import WebhookRequest
from clawdbot import signatures
from tests.adapters.builders import FIXTURES, NOW, TOKEN
from tests.adapters.dingtalk import builders as dingtalk_builders
from tests.adapters.feishu import builders as feishu_builders
from tests.adapters.wecom.builders import KEY, robot_message, robot_request

Sign = Callable[[bytes, str, float], WebhookRequest]
"""(body, secret, epoch seconds) -> the request as the platform would send it."""


@dataclass(frozen=True)
class Case:
    """One platform.

    Attributes:
        platform: Name in the registry.
        secret_key: The account key that holds the list of secrets.
        account: The other keys.
        sign: See `Sign`.
        body: A valid body that gives at least one event.
        signature: Header, or query parameter, that carries the proof.
        in_query: The proof is a query parameter and covers only a part of the body.
        secrets: Two secrets; the second replaces the first in a rotation.
        configured: What the account holds for a secret (a public key for Discord).
        covers_body: The proof depends on the body.
        encode: Writes a payload as the platform posts it.
        window_s: Seconds a proof is good for, None when the platform has no window.
    """

    platform: str
    secret_key: str
    account: Mapping[str, Any]
    sign: Sign
    body: bytes
    signature: str
    secrets: tuple[str, str] = ("first-secret-1", "second-secret-2")
    configured: Callable[[str], str] = field(default=lambda secret: secret)
    in_query: bool = False
    covers_body: bool = True
    encode: Callable[[Any], bytes] = field(default=lambda value: json.dumps(value).encode())
    window_s: float | None = None

    def adapter(self, *secrets: str, now: float = NOW) -> Adapter[Any]:
        held = [self.configured(secret) for secret in secrets]
        account = {**self.account, self.secret_key: held}
        return registry.create(self.platform, account, clock=lambda: now)

    def genuine(self, body: bytes | None = None, *, secret: str = "", at: float = NOW) -> WebhookRequest:
        return self.sign(self.body if body is None else body, secret or self.secrets[0], at)

    def bodies(self) -> list[Any]:
        """Returns the JSON fixtures of this platform, for tests that damage them."""
        found = [json.loads(path.read_text("utf-8")) for path in sorted((FIXTURES / self.platform).glob("*.json"))]
        return found or [json.loads(self.body)]

    def proof(self, request: WebhookRequest) -> str:
        return (request.query if self.in_query else request.headers)[self.signature]

    def with_proof(self, request: WebhookRequest, proof: str) -> WebhookRequest:
        changed = {self.signature: proof}
        if self.in_query:
            return replace(request, query={**request.query, **changed})
        return replace(request, headers={**request.headers, **changed})


def fixture(platform: str, name: str) -> bytes:
    return (FIXTURES / platform / f"{name}.json").read_bytes()


def telegram(body: bytes, secret: str, at: float) -> WebhookRequest:
    return WebhookRequest("POST", {}, {"X-Telegram-Bot-Api-Secret-Token": secret}, body)


def webhook(body: bytes, secret: str, at: float) -> WebhookRequest:
    stamp = str(int(at))
    signature = signatures.hmac_hex(secret, stamp.encode() + b"." + body)
    return WebhookRequest("POST", {}, {"X-Timestamp": stamp, "X-Signature": signature}, body)


def slack(body: bytes, secret: str, at: float) -> WebhookRequest:
    stamp = str(int(at))
    signature = "v0=" + signatures.hmac_hex(secret, b"v0:" + stamp.encode() + b":" + body)
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
    return WebhookRequest("POST", {}, headers, body)


def line(body: bytes, secret: str, at: float) -> WebhookRequest:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return WebhookRequest("POST", {}, {"X-Line-Signature": base64.b64encode(digest).decode()}, body)


def whatsapp(body: bytes, secret: str, at: float) -> WebhookRequest:
    return WebhookRequest("POST", {}, {"X-Hub-Signature-256": "sha256=" + signatures.hmac_hex(secret, body)}, body)


def discord(body: bytes, secret: str, at: float) -> WebhookRequest:
    stamp = str(int(at))
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    headers = {"X-Signature-Ed25519": key.sign(stamp.encode() + body).hex(), "X-Signature-Timestamp": stamp}
    return WebhookRequest("POST", {}, headers, body)


def public_key(seed: str) -> str:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).public_key().public_bytes_raw().hex()


def wecom(body: bytes, secret: str, at: float) -> WebhookRequest:
    return robot_request(body, token=secret)


def dingtalk(body: bytes, secret: str, at: float) -> WebhookRequest:
    return dingtalk_builders.request(body, secret=secret, at=at)


def feishu(body: bytes, secret: str, at: float) -> WebhookRequest:
    return feishu_builders.request(body, key=secret)


def slack_body(value: Any) -> bytes:
    """Encodes events as JSON, interactions as a form that holds JSON."""
    raw = json.dumps(value)
    event = isinstance(value, dict) and ("event" in value or value.get("type") == "url_verification")
    return raw.encode() if event else urlencode({"payload": raw}).encode()


_CASES = (
    Case(
        "telegram",
        "secret_token",
        {"token": TOKEN},
        telegram,
        fixture("telegram", "callback_query__button"),
        "X-Telegram-Bot-Api-Secret-Token",
        covers_body=False,
    ),
    Case(
        "webhook",
        "secret",
        {"reply_url": "http://127.0.0.1:9/"},
        webhook,
        fixture("webhook", "message__full"),
        "X-Signature",
        window_s=300.0,
    ),
    Case(
        "slack",
        "signing_secret",
        {"bot_token": "xoxb-1", "bot_user_id": "U0BOT"},
        slack,
        fixture("slack", "message__mention_in_channel"),
        "X-Slack-Signature",
        encode=slack_body,
        window_s=300.0,
    ),
    Case(
        "line",
        "channel_secret",
        {"channel_access_token": "line-token-1"},
        line,
        fixture("line", "message__batch"),
        "X-Line-Signature",
    ),
    Case(
        "whatsapp",
        "app_secret",
        {"phone_number_id": "1100", "access_token": "wa-token-1", "verify_token": "word"},
        whatsapp,
        fixture("whatsapp", "messages__batch"),
        "X-Hub-Signature-256",
    ),
    Case(
        "discord",
        "public_key",
        {"application_id": "77", "bot_token": "discord-token-1"},
        discord,
        fixture("discord", "command__options"),
        "X-Signature-Ed25519",
        secrets=("01" * 32, "02" * 32),
        configured=public_key,
    ),
    Case(
        "dingtalk",
        "app_secret",
        {"app_key": dingtalk_builders.KEY},
        dingtalk,
        fixture("dingtalk", "message__group_text"),
        "sign",
        covers_body=False,
        window_s=3600.0,
    ),
    Case(
        "feishu",
        "encrypt_key",
        {"app_id": feishu_builders.APP, "app_secret": "app-secret-1", "bot_open_id": feishu_builders.BOT},
        feishu,
        fixture("feishu", "message__group_mention"),
        "X-Lark-Signature",
    ),
    Case(
        "wecom",
        "token",
        {"encoding_aes_key": KEY},
        wecom,
        json.dumps(robot_message()).encode(),
        "msg_signature",
        in_query=True,
    ),
)
CASES = {case.platform: case for case in _CASES}
