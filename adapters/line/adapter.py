"""Receives and answers LINE messages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from adapters.account_calls import MAX_MEDIA_BYTES, refuse_large
from adapters.base import Adapter, require_post
from adapters.errors import NotSupported, SendError, SignatureRejected
from adapters.events import (
    Attachment,
    BotIdentity,
    EventKind,
    Media,
    OutgoingFile,
    OutgoingMessage,
    Received,
    SendReceipt,
    WebhookInfo,
    WebhookRequest,
)
from adapters.guide import Text
from adapters.line import files, render
from adapters.line.account import LineAccount
from adapters.line.events import events_of
from adapters.line.outcome import REPLY_TOKEN_EXPIRED, judge, result_of
from adapters.payload import as_id, as_list, as_text, parse_object
from adapters.splitter import utf16_units
from clawdbot import signatures
from clawdbot.reasons import Reason, Why, why

SIGNATURE_HEADER = "X-Line-Signature"
LOADING_S = 20
_MEDIA = frozenset({"image", "video", "audio", "file"})
_RETRY_KEYS = uuid.UUID("7b0c1c1e-6f0a-4e52-9d58-0a5b3b1f6f11")  # namespace of the adapter's retry keys


class LineAdapter(Adapter[LineAccount]):
    """Replies by a free reply token, which is valid once, for about a minute. Pushes later answers.

    A push carries a retry key and can be repeated. A reply cannot, so `idempotent_send` stays False.
    """

    platform = "line"
    label = {"en": "LINE", "zh": "LINE"}
    schema = LineAccount
    supports_typing = True
    supports_media = True
    mentions_people = True
    supports_names = True
    file_rules = files.RULES
    sends_per_s = 2000.0
    supports_webhook_setup = True
    text_limit = 4900  # below LINE's 5000, because links are written out after their label
    simulator = "adapters.line.simulator.LineSimulator"

    @staticmethod
    def text_unit(text: str) -> int:
        """Returns the length in UTF-16 code units, as LINE counts it."""
        return utf16_units(text)

    # Inbound

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        return SIGNATURE_HEADER in request.headers

    def receive(self, request: WebhookRequest) -> Received:
        require_post(request)
        if not self.account.channel_secret:
            raise SignatureRejected(Reason("not_configured", key="channel_secret"))
        given = request.headers.get(SIGNATURE_HEADER, "")
        if not signatures.verify_any(
            self.account.channel_secret, given, lambda key: signatures.hmac_base64(key, request.body)
        ):
            raise SignatureRejected(Reason("signature_mismatch"))
        payload = parse_object(request.body)
        contents = [item for item in as_list(payload, "events") if isinstance(item, dict)]
        own_id = self.account.destination or as_text(payload, "destination")
        events = tuple(event for content in contents for event in events_of(content, own_id))
        meant = as_text(payload, "destination")
        if self.account.destination and meant and meant != self.account.destination:
            events = tuple(replace(event, kind=EventKind.IGNORED, change="other_bot") for event in events)
        return Received(events)

    # Outbound

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Replies while the reply token is valid, else pushes.

        `message.data` may hold "buttons" (see `OutgoingMessage`), raw "messages" (at most 5) and "silent".
        """
        found = message.data.get("messages") or render.messages(
            message.text, message.data.get("buttons"), message.data.get("mentions")
        )
        return self._send(message, found)

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        return self._send(message, [files.message(file, kind)])

    def _send(self, message: OutgoingMessage, found: list[dict[str, Any]]) -> SendReceipt:
        body: dict[str, Any] = {"messages": found[: render.MAX_MESSAGES]}
        if message.data.get("silent"):
            body["notificationDisabled"] = True
        if message.reply_token and message.part == 0:
            try:
                return self._post("reply", {"replyToken": message.reply_token, **body})
            except SendError as error:
                if error.mark != REPLY_TOKEN_EXPIRED:
                    raise
        return self._push(message, body)

    def _push(self, message: OutgoingMessage, body: Mapping[str, Any]) -> SendReceipt:
        to = message.chat_id or message.user_id
        if not to:
            raise SendError(Reason("nobody_to_push_to"), permanent=True, mark="chat_not_found")
        headers = {}
        if message.idempotency_key:
            headers["X-Line-Retry-Key"] = str(uuid.uuid5(_RETRY_KEYS, message.idempotency_key))
        try:
            return self._post("push", {"to": to, **body}, headers)
        except SendError as error:
            if headers:
                error.maybe_sent = False  # LINE accepts a push with the same key only once
            raise

    def _post(self, kind: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> SendReceipt:
        url = f"{self.account.api}/v2/bot/message/{kind}"
        response = self._call("POST", url, json=body, headers={**self._authorization(), **(headers or {})})
        return self.classify(response.status, response.headers, response.body)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        return judge(status, headers, body)

    def send_typing(self, chat_id: str, thread_id: str | None = None, *, message_id: str | None = None) -> None:
        """Shows the loading animation until the next message. LINE supports it in private chats only."""
        if chat_id.startswith("U"):
            self._api("POST", "chat/loading/start", json={"chatId": chat_id, "loadingSeconds": LOADING_S})

    def fetch_media(
        self, attachment: Attachment, *, message_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> Media:
        """Downloads a file that a person sent. LINE keeps it for a limited time and answers 202 while preparing it."""
        if attachment.type not in _MEDIA:
            raise NotSupported(Reason("no_file", kind=attachment.type))
        refuse_large(attachment.size, max_bytes)
        if attachment.url:  # on another server; downloaded only from hosts that the account allows
            return self._download(attachment.url, attachment, hosts=(), max_bytes=max_bytes)
        if not attachment.id.isalnum():
            raise NotSupported(Reason("attachment_without_content"))
        url = f"{self.account.data_api}/v2/bot/message/{attachment.id}/content"
        return self._download(url, attachment, hosts=None, headers=self._authorization(), max_bytes=max_bytes)

    def display_name(self, user_id: str, chat_id: str | None = None) -> str:
        """Returns the name of a friend of the account, or of a member of the chat's group."""
        place = {"C": "group", "R": "room"}.get((chat_id or "")[:1])
        path = f"{place}/{chat_id}/member/{user_id}" if place else f"profile/{user_id}"
        return as_text(self._api("GET", quote(path)), "displayName")

    # Set-up

    def whoami(self) -> BotIdentity:
        found = self._api("GET", "info")
        return BotIdentity(as_id(found, "userId") or "", as_text(found, "displayName"), as_text(found, "basicId"))

    def set_webhook(self, url: str) -> None:
        """Registers the https address. "Use webhook" must be on in the console."""
        self._api("PUT", "channel/webhook/endpoint", json={"endpoint": url})

    def webhook_info(self) -> WebhookInfo:
        found = self._api("GET", "channel/webhook/endpoint")
        off: Why = "" if found.get("active") is True else Reason("use_webhook_off")
        return WebhookInfo(url=as_text(found, "endpoint"), last_error=off)

    def examine(self, url: str) -> tuple[Text | Reason, ...]:
        """Asks LINE to send an empty event to the address."""
        if not url.startswith("https://"):
            return ()
        try:
            found = self._api("POST", "channel/webhook/test", json={"endpoint": url})
        except SendError as error:
            return (Reason("line_not_reached", why=why(error)),)
        if found.get("success") is True:
            return ()
        parts = (as_text(found, "reason"), as_id(found, "statusCode"), as_text(found, "detail")[:120])
        return (Reason("line_not_reached", why=" ".join(part for part in parts if part)),)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account.channel_access_token}"}

    def _api(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        response = self._call(method, f"{self.account.api}/v2/bot/{path}", headers=self._authorization(), **options)
        return result_of(response.status, response.headers, response.body)
