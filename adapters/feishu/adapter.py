"""Receives and answers Feishu messages. Lark has the same API at another address."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from adapters import tokens
from adapters.account_calls import MAX_MEDIA_BYTES, MEDIA_READ_S, refuse_large
from adapters.base import Adapter, require_post
from adapters.earlier_messages import FetchesMessages
from adapters.errors import NotSupported, SendError
from adapters.events import (
    Attachment,
    BotIdentity,
    HttpReply,
    Media,
    OutgoingFile,
    OutgoingMessage,
    Passage,
    Received,
    SendReceipt,
    WebhookRequest,
)
from adapters.feishu import envelope, files, render
from adapters.feishu.account import FeishuAccount
from adapters.feishu.events import events_of
from adapters.feishu.outcome import BAD_CARD, REPLY_GONE, TOKEN_REFUSED, answer_of, judge
from adapters.feishu.passages import passages
from adapters.media import content_type
from adapters.payload import as_int, as_object, as_text
from clawdbot.http import HttpResponse, multipart
from clawdbot.reasons import Reason

_ID_TYPES = {"oc_": "chat_id", "ou_": "open_id", "on_": "union_id"}
_FILES = frozenset({"image", "file", "voice", "audio", "video", "sticker"})
_SHAPES = (
    (b'"encrypt"',),
    (b'"url_verification"', b'"challenge"'),
    (b'"header"', b'"event_type"', b'"token"'),
    (b'"event_callback"', b'"uuid"'),
)


class FeishuAdapter(Adapter[FeishuAccount], FetchesMessages):
    """Receives the events of a custom app with a bot. Answers with cards."""

    platform = "feishu"
    label = {"en": "Feishu / Lark", "zh": "飞书 / Lark"}
    schema = FeishuAccount
    alt_id_is_the_users = True
    idempotent_send = True  # Feishu remembers the uuid for an hour
    supports_typing = True
    supports_edit = True
    supports_media = True
    mentions_people = True
    supports_names = True
    file_rules = files.RULES
    edit_interval_s = 0.5
    sends_per_s = 50.0
    chat_sends_per_s = 5.0
    text_limit = 4000  # code points; a card holds 30 kB, and escaping turns one byte into up to five
    simulator = "adapters.feishu.simulator.FeishuSimulator"

    # Inbound

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        if envelope.SIGNATURE in request.headers:
            return True
        # Unsigned requests come without an Encrypt Key or check a new address. Other platforms sign their JSON.
        if any("sign" in name for name in (*request.headers, *request.query)):
            return False
        body = request.body
        return body[:1] == b"{" and any(all(word in body for word in shape) for shape in _SHAPES)

    def receive(self, request: WebhookRequest) -> Received:
        require_post(request)
        account = self.account
        content = envelope.open_request(request, account.verification_token, account.encrypt_key)
        if as_text(content, "type") == envelope.URL_VERIFICATION:
            challenge = {"challenge": as_text(content, "challenge")}
            return Received(reply=_json(challenge))
        return Received(events_of(content, account.app_id, account.bot_open_id), _json({}))

    # Outbound

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Sends a card. Falls back to plain text when the card is refused, and to the chat when the thread is gone.

        `message.data` may hold "buttons" (see `OutgoingMessage`). The chat id identifies a chat or a person (open id,
        union id, e-mail address or user id).
        """
        rows = message.data.get("buttons") or ()
        return self._send(
            message,
            {
                "msg_type": "interactive",
                "content": _dumps(render.card(message.text, rows, message.data.get("mentions"))),
            },
            rows,
        )

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        path, fields, parts = files.form(file, kind)
        form, headers = multipart(fields, parts)
        response = self._api("POST", path, ahead=True, data=form, headers=headers)
        given = as_object(answer_of(response.status, response.headers, response.body, self.clock()), "data")
        name = "image_key" if kind == "image" else "file_key"
        content = {"msg_type": files.MESSAGES[kind], "content": _dumps({name: as_text(given, name)})}
        return self._send(message, content)

    def _send(self, message: OutgoingMessage, content: dict[str, str], rows: Any = ()) -> SendReceipt:
        # Only a reply to a message of the thread stays in the thread.
        target = message.reply_to or (message.reply_token if message.thread_id else None)
        for _ in range(3):
            try:
                return self._deliver(message, content, target)
            except SendError as error:
                if error.mark == BAD_CARD and content["msg_type"] == "interactive":
                    content = {"msg_type": "text", "content": _dumps({"text": render.plain(message.text, rows)})}
                elif error.mark == REPLY_GONE and target:
                    target = None
                else:
                    raise
        raise AssertionError("each of the two ways out is taken once")

    def _deliver(self, message: OutgoingMessage, content: Mapping[str, str], target: str | None) -> SendReceipt:
        body: dict[str, Any] = dict(content)
        if message.idempotency_key:
            # Each way of sending needs its own key, because Feishu remembers the key of a refused message too.
            seed = f"{message.idempotency_key}:{content['msg_type']}:{target or ''}"
            body["uuid"] = hashlib.sha256(seed.encode("utf-8")).hexdigest()[:40]
        if target:
            path = f"im/v1/messages/{quote(target, safe='')}/reply"
            return self._judged("POST", path, json=body | {"reply_in_thread": bool(message.thread_id)})
        receiver = message.chat_id or message.user_id or ""
        kind = _ID_TYPES.get(receiver[:3], "email" if "@" in receiver else "user_id")
        body["receive_id"] = receiver
        return self._judged("POST", "im/v1/messages", params={"receive_id_type": kind}, json=body)

    def edit(self, message_id: str, message: OutgoingMessage) -> SendReceipt:
        """Replaces the card. Feishu allows this for 14 days and at most five times a second."""
        content = _dumps(render.card(message.text, message.data.get("buttons"), message.data.get("mentions")))
        self._judged("PATCH", f"im/v1/messages/{quote(message_id, safe='')}", json={"content": content})
        return SendReceipt(message_id)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        return judge(status, headers, body, self.clock())

    def send_typing(self, chat_id: str, thread_id: str | None = None, *, message_id: str | None = None) -> None:
        """Adds the account's `typing_reaction`, if one is set, to the message being answered."""
        if self.account.typing_reaction and message_id:
            body = {"reaction_type": {"emoji_type": self.account.typing_reaction}}
            self._judged("POST", f"im/v1/messages/{quote(message_id, safe='')}/reactions", json=body)

    def fetch_media(
        self, attachment: Attachment, *, message_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> Media:
        """Downloads a file of a message. Feishu requires the message's id and limits downloads to 100 MB."""
        if attachment.type not in _FILES or not attachment.id or not message_id:
            raise NotSupported(Reason("file_without_key", kind=attachment.type))
        refuse_large(attachment.size, max_bytes)
        path = f"im/v1/messages/{quote(message_id, safe='')}/resources/{quote(attachment.id, safe='')}"
        kind = "image" if attachment.type == "image" else "file"
        response = self._api("GET", path, params={"type": kind}, max_bytes=max_bytes, read_s=MEDIA_READ_S)
        told = response.headers.get("Content-Type", "")
        if not response.ok:
            answer_of(response.status, response.headers, response.body, self.clock())
        return Media(response.body, content_type(response.body, told), attachment.name or "")

    def fetch_message(self, message_id: str, chat_id: str) -> tuple[Passage, ...]:
        """Fetches a message of a chat that the bot is in (scope im:message:readonly)."""
        response = self._api("GET", f"im/v1/messages/{quote(message_id, safe='')}")
        answer = answer_of(response.status, response.headers, response.body, self.clock())
        return passages(answer, message_id, chat_id, self.account.app_id)

    def display_name(self, user_id: str, chat_id: str | None = None) -> str:
        """Returns the user's name in the organisation's address book (scope contact:user.base:readonly)."""
        params = {"user_id_type": _ID_TYPES.get(user_id[:3], "user_id")}
        response = self._api("GET", f"contact/v3/users/{quote(user_id, safe='')}", params=params)
        data = as_object(answer_of(response.status, response.headers, response.body, self.clock()), "data")
        return as_text(as_object(data, "user"), "name")

    # Set-up

    def whoami(self) -> BotIdentity:
        response = self._api("GET", "bot/v3/info")
        bot = as_object(answer_of(response.status, response.headers, response.body, self.clock()), "bot")
        return BotIdentity(as_text(bot, "open_id"), as_text(bot, "app_name"))

    def _judged(self, method: str, path: str, **options: Any) -> SendReceipt:
        response = self._api(method, path, **options)
        return self.classify(response.status, response.headers, response.body)

    def _api(self, method: str, path: str, *, ahead: bool = False, **options: Any) -> HttpResponse:
        """Makes an API call with the tenant's token. Retries once with a fresh token when Feishu refuses it."""
        account = self.account
        key = tokens.key_of("feishu", account.api, account.app_id, account.app_secret)

        call = self._ahead if ahead else self._call
        told = options.pop("headers", {})

        def attempt(token: str) -> HttpResponse:
            headers = {"Authorization": f"Bearer {token}", **told}
            return call(method, f"{account.api}/{path}", headers=headers, **options)

        return tokens.call(key, self.clock(), self._fetch_token, attempt, self._token_refused)

    def _token_refused(self, response: HttpResponse) -> bool:
        if response.ok and response.body[:1] != b"{":
            return False  # a downloaded file
        try:
            self.classify(response.status, response.headers, response.body)
        except SendError as error:
            return error.mark == TOKEN_REFUSED
        return False

    def _fetch_token(self) -> tuple[str, float]:
        url = f"{self.account.api}/auth/v3/tenant_access_token/internal"
        body = {"app_id": self.account.app_id, "app_secret": self.account.app_secret}
        response = self._ahead("POST", url, json=body)
        answer = answer_of(response.status, response.headers, response.body, self.clock())
        return tokens.granted(as_text(answer, "tenant_access_token"), float(as_int(answer, "expire") or 7200))


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _json(value: Any) -> HttpReply:
    return HttpReply(body=_dumps(value).encode("utf-8", "replace"), content_type="application/json")
