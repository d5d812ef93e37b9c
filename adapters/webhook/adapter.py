"""Connects the bot to any program that can sign JSON with HMAC-SHA256."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.account_fields import flag_field, secrets_field
from adapters.accounts import Account, Secrets, TargetUrl, account_field
from adapters.base import Adapter, require_post
from adapters.errors import MalformedPayload, SendError, SignatureRejected
from adapters.events import (
    EventKind,
    Headers,
    HttpReply,
    OutgoingFile,
    OutgoingMessage,
    Received,
    SendReceipt,
    WebhookRequest,
)
from adapters.files import MB, FileRule
from adapters.guide import Guide, Text
from adapters.http_responses import answered
from adapters.payload import as_id, parse_object
from adapters.webhook.guide import GUIDE, NO_REPLY_URL
from adapters.webhook.payload import read_event
from clawdbot import signatures
from clawdbot.http import parse_retry_after
from clawdbot.reasons import Reason

SIGNATURE_HEADER = "X-Signature"
TIMESTAMP_HEADER = "X-Timestamp"
WINDOW_S = 300.0
_PING = {"type": "ping"}
_PONG = HttpReply(200, b'{"status":"pong"}', "application/json")
_ACCEPTED = HttpReply(202, b'{"status":"accepted"}', "application/json")


class WebhookAccount(Account):
    """The account of a program that exchanges signed HTTP requests with the bot."""

    guide: ClassVar[Guide] = GUIDE

    secret: Secrets = secrets_field(
        label=("Signing secret", "签名密钥"),
        help=(
            "Shared with the other program. Several for rotation: all are accepted, the first signs replies.",
            "与对方程序共享。可填多个用于轮换：全部接受，回复用第一个签名。",
        ),
    )
    reply_url: TargetUrl = account_field(
        "",
        label=("Reply address", "回复地址"),
        help=(
            "Answers are posted here, signed the same way. Without it messages are recorded, but not answered.",
            "回复会以相同方式签名后发送到此地址；不填则只记录消息，不作回复。",
        ),
        address=True,
    )
    require_timestamp: bool = flag_field(
        label=("Require timestamp", "要求时间戳"),
        help=(
            "Refuse requests without X-Timestamp, because an intercepted request without it can be replayed at any "
            "time.",
            "拒绝没有 X-Timestamp 的请求；没有它，被截获的请求可随时重放。",
        ),
    )

    @property
    def target(self) -> str:
        """The address for replies."""
        return self.reply_url or self.base_url


class WebhookAdapter(Adapter[WebhookAccount]):
    """Receives and sends signed JSON."""

    platform = "webhook"
    label = {"en": "Generic webhook", "zh": "通用 Webhook"}
    schema = WebhookAccount
    idempotent_send = True
    text_limit = 20000
    file_rules = tuple(FileRule(kind, 20 * MB, caption=10_000) for kind in ("image", "voice", "audio", "video", "file"))
    simulator = "adapters.webhook.simulator.WebhookSimulator"

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        return SIGNATURE_HEADER in request.headers

    def receive(self, request: WebhookRequest) -> Received:
        require_post(request)
        self._verify(request)
        payload = parse_object(request.body)
        if payload == _PING:
            return Received((), _PONG)
        event = read_event(payload, request.body)
        if not self.account.target:
            # Without a reply address the event is only recorded, because a model's answer could not be delivered.
            event = dataclasses.replace(event, kind=EventKind.IGNORED, change="no_reply_url")
        return Received((event,), _ACCEPTED)

    def _verify(self, request: WebhookRequest) -> None:
        if not self.account.secret:
            raise SignatureRejected(Reason("secret_not_configured"))
        signed = request.body
        timestamp = request.headers.get(TIMESTAMP_HEADER)
        if timestamp is not None:
            if not signatures.timely(timestamp, self.clock(), WINDOW_S):
                raise SignatureRejected(Reason("x_timestamp_stale", minutes=5))
            signed = timestamp.encode("ascii") + b"." + request.body
        elif self.account.require_timestamp:
            raise SignatureRejected(Reason("x_timestamp_required"))
        given = request.headers.get(SIGNATURE_HEADER, "").strip().lower().removeprefix("sha256=")
        if not signatures.verify_any(self.account.secret, given, lambda secret: signatures.hmac_hex(secret, signed)):
            raise SignatureRejected(Reason("signature_mismatch"))

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Posts the message to the reply address.

        The body is {"id", "chat", "user", "text", "format": "markdown", ...}. The signature covers "timestamp.body". An
        Idempotency-Key lets the receiver drop repeated attempts.
        """
        if not self.account.target:
            raise SendError(Reason("not_configured", key="reply_url"), permanent=True, mark="no_reply_url")
        body = json.dumps(_outgoing(message), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = self._signed(body)
        if message.idempotency_key:
            headers["Idempotency-Key"] = message.idempotency_key
        response = self._call("POST", self.account.target, data=body, headers=headers)
        receipt = self.classify(response.status, response.headers, response.body)
        # Without an id of its own the receiver knows the message by ours.
        return receipt if receipt.message_id else SendReceipt(message.idempotency_key)

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        """Posts the caption with "file": its address, or its bytes where the product has no public address."""
        return self.send(message)

    def examine(self, url: str) -> tuple[Text, ...]:
        """Posts a signed ping to the channel's own address, as the other program would."""
        body = json.dumps(_PING).encode()
        headers = self._signed(body)
        if url:
            response = self._call("POST", url, data=body, headers=headers)
            self.classify(response.status, response.headers, response.body)
            if response.body != _PONG.body:
                raise SendError(Reason("another_server"), permanent=True, mark="unauthorized")
        return () if self.account.target else (NO_REPLY_URL,)

    def _signed(self, body: bytes) -> dict[str, str]:
        if not self.account.secret:
            raise SendError(Reason("secret_not_configured"), permanent=True, mark="no_secret")
        timestamp = str(int(self.clock()))
        return {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: signatures.hmac_hex(self.account.secret[0], timestamp.encode("ascii") + b"." + body),
        }

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        if 200 <= status < 300:
            return SendReceipt(_message_id(body))
        message = answered("the reply address", status)
        wait = parse_retry_after(Headers(headers).get("retry-after"), self.clock())
        # 409: the receiver is still processing another attempt with this Idempotency-Key.
        if status >= 500 or status in (408, 409, 425, 429):
            raise SendError(message, retry_after=wait, mark="flood" if status == 429 else "server_error")
        mark = {
            401: "unauthorized",
            403: "unauthorized",
            404: "gone",
            410: "gone",
            413: "too_large",
            415: "wrong_type",
        }.get(status)
        raise SendError(message, permanent=True, mark=mark or "refused")


def _outgoing(message: OutgoingMessage) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": message.idempotency_key,
        "chat": {"id": message.chat_id},
        "user": {"id": message.user_id} if message.user_id else None,
        "text": message.text,
        "format": "markdown",
        "reply_to": message.reply_to,
        "thread_id": message.thread_id,
        "buttons": message.data.get("buttons"),
        "file": _file(message.file) if message.file else None,
    }
    return {name: value for name, value in body.items() if value not in (None, "", [])}


def _file(file: OutgoingFile) -> dict[str, Any]:
    told = {"type": file.kind, "name": file.name, "mime": file.content_type, "size": file.size}
    if file.url:
        return told | {"url": file.url}
    return told | {"base64": base64.b64encode(file.read()).decode()}


def _message_id(body: bytes) -> str:
    try:
        answer = parse_object(body)
    except MalformedPayload:
        return ""
    return as_id(answer, "message_id") or as_id(answer, "id") or ""
