"""Receives and answers WhatsApp messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.account_calls import MAX_MEDIA_BYTES, refuse_large
from adapters.base import Adapter, require_post
from adapters.errors import NotSupported, SendError, SignatureRejected
from adapters.events import (
    Attachment,
    BotIdentity,
    Event,
    HttpReply,
    Media,
    OutgoingFile,
    OutgoingMessage,
    Received,
    SendReceipt,
    WebhookRequest,
)
from adapters.payload import as_id, as_int, as_text, parse_object
from adapters.whatsapp import files, render
from adapters.whatsapp.account import WhatsAppAccount
from adapters.whatsapp.events import Number, events_of
from adapters.whatsapp.outcome import NEEDS_TEMPLATE, judge, mark_of, result_of
from clawdbot import signatures
from clawdbot.clock import Clock, system_clock
from clawdbot.http import multipart
from clawdbot.reasons import Reason

SIGNATURE_HEADER = "X-Hub-Signature-256"
MEDIA_HOSTS = frozenset({"lookaside.fbsbx.com", ".fbcdn.net", ".whatsapp.net"})
AS_TEMPLATE = "as_template"
OUTSIDE_WINDOW = "131047"
WINDOW_S = 24 * 3600.0
# A user id such as US.13491208655302741918 needs another address field than a phone number.
_USER_ID = re.compile(r"[A-Z]{2}\.(?:[A-Z]+\.)?[0-9A-Za-z]+")


class WhatsAppAdapter(Adapter[WhatsAppAccount]):
    """Uses the Cloud API, which has no idempotency key for messages."""

    platform = "whatsapp"
    label = {"en": "WhatsApp", "zh": "WhatsApp"}
    schema = WhatsAppAccount
    alt_id_is_the_users = True
    supports_typing = True
    supports_media = True
    reference = re.compile(r"(?<![A-Za-z0-9])@(?P<user>[0-9]{6,20})(?![0-9])")
    file_rules = files.RULES
    sends_per_s = 80.0  # no limit per chat: bursts are allowed, and a refusal (131056) asks for six seconds
    text_limit = 4000  # below WhatsApp's 4096, because fences make tables longer
    simulator = "adapters.whatsapp.simulator.WhatsAppSimulator"

    def __init__(self, account: Mapping[str, Any], *, clock: Clock = system_clock) -> None:
        super().__init__(account, clock=clock)
        self.reply_window_s = None if self.account.template_name else WINDOW_S

    # Inbound

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        return SIGNATURE_HEADER in request.headers or "hub.verify_token" in request.query

    def receive(self, request: WebhookRequest) -> Received:
        if request.method.upper() == "GET":
            return self._challenge(request.query)
        require_post(request)
        if not self.account.app_secret:
            raise SignatureRejected(Reason("not_configured", key="app_secret"), status=403)
        given = request.headers.get(SIGNATURE_HEADER, "")
        if not signatures.verify_any(self.account.app_secret, given, lambda secret: _signature(secret, request.body)):
            raise SignatureRejected(Reason("signature_mismatch"), status=403)
        number = Number(self.account.phone_number_id, self.account.display_phone_number)
        return Received(tuple(events_of(parse_object(request.body), request.body, number)))

    def _challenge(self, query: Mapping[str, str]) -> Received:
        given = query.get("hub.verify_token", "")
        known = signatures.verify_any(self.account.verify_token, given, lambda token: token)
        if query.get("hub.mode") != "subscribe" or not known:
            raise SignatureRejected(Reason("verify_token_mismatch"), status=403)
        # Unchanged, including leading zeros.
        return Received(reply=HttpReply(200, query.get("hub.challenge", "").encode("utf-8", "replace")))

    # Outbound

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Sends one message, or the account's template when the person's last message is over 24 hours old.

        `message.data` may hold "buttons" (see `OutgoingMessage`), a raw "message": {"type": ..., that type: ...} or
        "as_template", which sends the template at once.
        """
        if message.data.get(AS_TEMPLATE):
            return self._send_template(message)
        body = self._addressed(message) | self._content(message)
        if message.reply_to and message.reply_to.startswith("wamid."):
            body["context"] = {"message_id": message.reply_to}
        try:
            return self._post(body)
        except SendError as error:
            if error.mark != NEEDS_TEMPLATE or not self.account.template_name or message.part:
                raise
        return self._send_template(message)

    def another_way(self, failed: Event) -> dict[str, Any]:
        """Chooses the account's template when WhatsApp reports after the send that the 24 hours are over."""
        late = str(failed.data) == OUTSIDE_WINDOW and self.account.template_name
        return {AS_TEMPLATE: True} if late else {}

    def undelivered_mark(self, failed: Event) -> str:
        """Returns the mark of the error code that a status notice names."""
        return mark_of(str(failed.data or ""))

    def _send_template(self, message: OutgoingMessage) -> SendReceipt:
        receipt = self._post(self._addressed(message) | self._template(message))
        return SendReceipt(receipt.message_id, {**receipt.data, "template": self.account.template_name})

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        if message.data.get(AS_TEMPLATE):
            raise SendError(Reason("no_file_in_template"), permanent=True, mark=NEEDS_TEMPLATE)
        media_id = self._upload(file)
        return self._post(self._addressed(message) | files.content(media_id, message.text, file, kind))

    def _upload(self, file: OutgoingFile) -> str:
        fields = {"messaging_product": "whatsapp", "type": file.content_type}
        form, headers = multipart(fields, {"file": (file.name, file.read(), file.content_type)})
        url = f"{self.account.api}/{self.account.phone_number_id}/media"
        response = self._ahead("POST", url, data=form, headers=headers | self._authorization())
        return as_id(result_of(response.status, response.headers, response.body), "id") or ""

    def _addressed(self, message: OutgoingMessage) -> dict[str, Any]:
        to = message.chat_id or message.user_id or ""
        if not to:
            raise SendError(Reason("nobody_to_send_to"), permanent=True, mark="chat_not_found")
        body: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
        if _USER_ID.fullmatch(to):
            return body | {"recipient": to}
        if not to.removeprefix("+").isdigit():
            body["recipient_type"] = "group"  # group ids are not phone numbers
        return body | {"to": to}

    @staticmethod
    def _content(message: OutgoingMessage) -> dict[str, Any]:
        raw = message.data.get("message")
        return dict(raw) if isinstance(raw, Mapping) else render.content(message.text, message.data.get("buttons"))

    def _template(self, message: OutgoingMessage) -> dict[str, Any]:
        template: dict[str, Any] = {
            "name": self.account.template_name,
            "language": {"code": self.account.template_language},
        }
        if self.account.template_text:
            values = [{"type": "text", "text": render.parameter(message.text)}]
            template["components"] = [{"type": "body", "parameters": values}]
        return {"type": "template", "template": template}

    def _post(self, body: Mapping[str, Any]) -> SendReceipt:
        url = f"{self.account.api}/{self.account.phone_number_id}/messages"
        response = self._call("POST", url, json=body, headers=self._authorization())
        return self.classify(response.status, response.headers, response.body)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        return judge(status, headers, body)

    def send_typing(self, chat_id: str, thread_id: str | None = None, *, message_id: str | None = None) -> None:
        """Marks the person's message as read and shows "typing" until the answer, for at most 25 seconds."""
        if not message_id:
            return  # WhatsApp shows typing only together with the read mark of a message
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message_id,
            "typing_indicator": {"type": "text"},
        }
        self._api("POST", f"{self.account.phone_number_id}/messages", json=body)

    def fetch_media(
        self, attachment: Attachment, *, message_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> Media:
        """Downloads a file. WhatsApp exchanges its id for an address that is valid for five minutes."""
        if not attachment.id.isdigit() or attachment.type in ("contact", "order"):
            raise NotSupported(Reason("no_file", kind=attachment.type))
        found = self._api("GET", attachment.id, params={"phone_number_id": self.account.phone_number_id})
        refuse_large(as_int(found, "file_size"), max_bytes)
        return self._download(
            as_text(found, "url"), attachment, hosts=MEDIA_HOSTS, headers=self._authorization(), max_bytes=max_bytes
        )

    # Set-up

    def whoami(self) -> BotIdentity:
        found = self._api(
            "GET", self.account.phone_number_id, params={"fields": "id,display_phone_number,verified_name"}
        )
        number = as_text(found, "display_phone_number")
        return BotIdentity(as_id(found, "id") or "", as_text(found, "verified_name"), number)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account.access_token}"}

    def _api(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        response = self._call(method, f"{self.account.api}/{path}", headers=self._authorization(), **options)
        return result_of(response.status, response.headers, response.body)


def _signature(secret: str, body: bytes) -> str:
    return "sha256=" + signatures.hmac_hex(secret, body)
