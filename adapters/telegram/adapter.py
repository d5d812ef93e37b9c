"""Receives, answers and edits Telegram messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from adapters.account_calls import MAX_MEDIA_BYTES, MEDIA_READ_S, READ_S, refuse_large
from adapters.base import Adapter, require_post
from adapters.errors import MalformedPayload, NotSupported, SendError, SignatureRejected
from adapters.events import (
    Attachment,
    BotIdentity,
    Event,
    EventKind,
    Media,
    OutgoingFile,
    OutgoingMessage,
    Polled,
    Received,
    SendReceipt,
    WebhookInfo,
    WebhookRequest,
)
from adapters.markdown import plain_text
from adapters.payload import as_id, as_int, as_number, as_text, parse_object
from adapters.splitter import utf16_units
from adapters.telegram import files
from adapters.telegram.account import TelegramAccount
from adapters.telegram.keyboard import inline_keyboard
from adapters.telegram.message import Bot, display_name
from adapters.telegram.outcome import BAD_MARKUP, MIGRATED, NOT_MODIFIED, REPLY_GONE, THREAD_GONE, judge, result_of
from adapters.telegram.render import to_html, with_mentions
from adapters.telegram.threads import address
from adapters.telegram.updates import ALLOWED_UPDATES, events_of
from clawdbot import signatures
from clawdbot.reasons import Reason

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header name
MAX_CONNECTIONS = 40
POLL_BATCH = 100
POLL_MAX_BYTES = 16 * 1024 * 1024
# After a refusal with this mark the same message is sent once more without this parameter.
_LEFT_OUT = {BAD_MARKUP: "parse_mode", THREAD_GONE: "message_thread_id", REPLY_GONE: "reply_parameters"}


class TelegramAdapter(Adapter[TelegramAccount]):
    """Receives updates by webhook or long polling. Telegram has no idempotency key."""

    platform = "telegram"
    label = {"en": "Telegram", "zh": "Telegram"}
    schema = TelegramAccount
    supports_typing = True
    supports_edit = True
    supports_media = True
    file_rules = files.RULES
    supports_polling = True
    dedupe_keys_recur = True
    mentions_people = True
    supports_webhook_setup = True
    text_limit = 4096
    simulator = "adapters.telegram.simulator.TelegramSimulator"
    sends_per_s = 30.0
    chat_sends_per_s = 1.0

    @staticmethod
    def text_unit(text: str) -> int:
        """Returns the length in UTF-16 code units, as Telegram counts it after parsing the markup."""
        return utf16_units(text)

    @property
    def bot(self) -> Bot:
        """The bot's identity, as far as the account names it."""
        return Bot(self.account.own_id, self.account.username)

    # Inbound

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        return SECRET_HEADER in request.headers

    def receive(self, request: WebhookRequest) -> Received:
        require_post(request)
        if not self.account.secret_token:
            raise SignatureRejected(Reason("not_configured", key="secret_token"))
        given = request.headers.get(SECRET_HEADER, "")
        if not signatures.verify_any(self.account.secret_token, given, lambda secret: secret):
            raise SignatureRejected(Reason("secret_token_mismatch"))
        return Received(events_of(parse_object(request.body), self.bot))

    @property
    def poll_account(self) -> str:
        return self.account.api

    def poll(self, offset: int | None, timeout: float = 50.0) -> Polled:
        """Fetches updates with getUpdates (see `Adapter.poll`).

        Raises:
            SendError: Mark "webhook_active" while a webhook is set, "polled_elsewhere" while another process polls.
        """
        body: dict[str, Any] = {"timeout": int(timeout), "limit": POLL_BATCH, "allowed_updates": ALLOWED_UPDATES}
        if offset is not None:
            body["offset"] = offset
        updates = self._api("getUpdates", body, read_s=timeout + READ_S, max_bytes=POLL_MAX_BYTES)
        events: list[Event] = []
        numbers: list[int] = []
        for update in updates if isinstance(updates, list) else ():
            number = as_int(update, "update_id") if isinstance(update, dict) else None
            if number is None:
                continue
            numbers.append(number)
            try:
                events.extend(events_of(update, self.bot))
            except MalformedPayload:
                # A refusal would fetch the update again for ever, so it is stored as ignored.
                events.append(Event(kind=EventKind.IGNORED, dedupe_key=str(number), change="malformed", raw=update))
        # Numbers below the offset are believed: Telegram starts again with any number after a week without updates, and
        # so does another server.
        return Polled(tuple(events), max(numbers) + 1 if numbers else offset)

    # Outbound

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Sends one message as HTML, or as plain text when Telegram cannot parse the HTML.

        When the topic or the answered message is gone, the message goes to the chat without it.

        `message.data` may hold "buttons" (see `OutgoingMessage`) or a raw "reply_markup", "silent" (no sound) and
        "link_preview" (False hides it). When the group has become a supergroup, the message goes there, and the
        receipt's data hold "migrated_to".
        """
        return self._send(message, self._deliver)

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        return self._send(message, partial(self._deliver_file, file, kind))

    def _send(self, message: OutgoingMessage, deliver: Callable[[dict[str, Any]], SendReceipt]) -> SendReceipt:
        body = self._body(message)
        while True:
            try:
                return deliver(body)
            except SendError as error:
                if error.mark == MIGRATED:
                    moved = error.data
                    break
                if body.pop(_LEFT_OUT.get(error.mark, ""), None) is None:
                    raise
                if error.mark == BAD_MARKUP:
                    body["text"] = plain_text(message.text)
        receipt = self._send(replace(message, chat_id=moved["migrated_to"], reply_to=None), deliver)
        return SendReceipt(receipt.message_id, {**receipt.data, **moved})

    def _body(self, message: OutgoingMessage) -> dict[str, Any]:
        text = with_mentions(to_html(message.text), message.data.get("mentions") or {})
        body: dict[str, Any] = {"chat_id": message.chat_id, "text": text, "parse_mode": "HTML"}
        if message.reply_to and message.reply_to.isdigit():
            body["reply_parameters"] = {"message_id": int(message.reply_to), "allow_sending_without_reply": True}
        body |= address(message.thread_id)
        markup = message.data.get("reply_markup") or inline_keyboard(message.data.get("buttons"))
        if markup:
            body["reply_markup"] = markup
        if message.data.get("silent"):
            body["disable_notification"] = True
        if message.data.get("link_preview") is False:
            body["link_preview_options"] = {"is_disabled": True}
        return body

    def _deliver(self, body: Mapping[str, Any], method: str = "sendMessage") -> SendReceipt:
        response = self._call("POST", f"{self.account.api}/{method}", json=body)
        return self.classify(response.status, response.headers, response.body)

    def _deliver_file(self, file: OutgoingFile, kind: str, body: Mapping[str, Any]) -> SendReceipt:
        method, form, headers = files.upload(body, file, kind)
        url = f"{self.account.api}/{method}"
        response = self._call("POST", url, data=form, headers=headers, read_s=MEDIA_READ_S)
        return self.classify(response.status, response.headers, response.body)

    def edit(self, message_id: str, message: OutgoingMessage) -> SendReceipt:
        """Replaces text and buttons of a sent message. An unchanged text counts as success."""
        body = self._body(replace(message, reply_to=None, thread_id=None)) | address(message.thread_id, sent=True)
        body["message_id"] = int(message_id)
        try:
            return self._deliver(body, "editMessageText")
        except SendError as error:
            if error.mark == NOT_MODIFIED:
                return SendReceipt(message_id)
            if error.mark != BAD_MARKUP:
                raise
        plain = {name: value for name, value in body.items() if name != "parse_mode"}
        return self._deliver(plain | {"text": plain_text(message.text)}, "editMessageText")

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        return judge(status, headers, body)

    def send_typing(self, chat_id: str, thread_id: str | None = None, *, message_id: str | None = None) -> None:
        """Shows "typing" for 5 seconds, or until the next message."""
        self._api("sendChatAction", {"chat_id": chat_id, "action": "typing", **address(thread_id)})

    def answer_action(self, reply_token: str, text: str = "") -> None:
        """Stops the spinner on a pressed button. Shows `text` (at most 200 characters) as a short notice."""
        self._api("answerCallbackQuery", {"callback_query_id": reply_token, "text": text[:200]})

    def fetch_media(
        self, attachment: Attachment, *, message_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> Media:
        """Downloads a file by getFile. Telegram limits bots to 20 MB and keeps the address valid for an hour."""
        if not attachment.id or attachment.type in ("location", "contact"):
            raise NotSupported(Reason("no_file", kind=attachment.type))
        refuse_large(attachment.size, max_bytes)
        found = self._api("getFile", {"file_id": attachment.id})
        path = as_text(found, "file_path") if isinstance(found, dict) else ""
        if not path:
            raise SendError(Reason("no_file_path", platform="Telegram"), permanent=True, mark="media_gone")
        # The address is the account's own; only its path comes from Telegram.
        url = f"{self.account.files}/{quote(path)}"
        return self._download(url, attachment, hosts=None, max_bytes=max_bytes)

    # Set-up

    def whoami(self) -> BotIdentity:
        found = self._api("getMe", {})
        if not isinstance(found, dict):
            raise SendError(
                Reason("answer_to_call_not_understood", platform="Telegram", call="getMe"), mark="bad_response"
            )
        return BotIdentity(as_id(found, "id") or "", display_name(found), as_text(found, "username"))

    def set_webhook(self, url: str) -> None:
        """Registers the webhook with the first secret token.

        Raises:
            SendError: No secret token is configured, or Telegram refuses the address, which must be https.
        """
        if not self.account.secret_token:
            raise SendError(Reason("secret_token_first"), permanent=True, mark="no_secret")
        self._api(
            "setWebhook",
            {
                "url": url,
                "secret_token": self.account.secret_token[0],
                "allowed_updates": ALLOWED_UPDATES,
                "max_connections": MAX_CONNECTIONS,
            },
        )

    def delete_webhook(self) -> None:
        self._api("deleteWebhook", {})

    def webhook_info(self) -> WebhookInfo:
        found = self._api("getWebhookInfo", {})
        found = found if isinstance(found, dict) else {}
        return WebhookInfo(
            url=as_text(found, "url"),
            pending=as_int(found, "pending_update_count") or 0,
            last_error=as_text(found, "last_error_message"),
            last_error_at=as_number(found, "last_error_date"),
        )

    def _api(self, method: str, body: Mapping[str, Any], **options: Any) -> Any:
        response = self._call("POST", f"{self.account.api}/{method}", json=body, **options)
        return result_of(response.status, response.headers, response.body)
