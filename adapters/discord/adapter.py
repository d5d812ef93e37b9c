"""Receives Discord interactions and answers them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from adapters.account_calls import MAX_MEDIA_BYTES, MEDIA_READ_S, refuse_large
from adapters.base import Adapter, require_post
from adapters.discord import files, render, text
from adapters.discord.account import DiscordAccount
from adapters.discord.application import ASK, doubts_about
from adapters.discord.interactions import PING, event_of, webhook_event
from adapters.discord.outcome import GONE, REPLY_REFUSED, TOKEN_EXPIRED, judge, result_of
from adapters.discord.replies import EPHEMERAL, acknowledgement, pong
from adapters.discord.signature import verify
from adapters.errors import NotSupported, SendError, SignatureRejected
from adapters.events import (
    Attachment,
    BotIdentity,
    HttpReply,
    Media,
    OutgoingFile,
    OutgoingMessage,
    Received,
    SendReceipt,
    WebhookInfo,
    WebhookRequest,
)
from adapters.guide import Text
from adapters.mentions import linked
from adapters.payload import as_id, as_int, as_text, parse_object
from clawdbot import __version__
from clawdbot.http import HttpResponse
from clawdbot.reasons import Reason

SIGNATURE_HEADER = "X-Signature-Ed25519"
TIMESTAMP_HEADER = "X-Signature-Timestamp"
MEDIA_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
USER_AGENT = f"DiscordBot (Clawdbot, {__version__})"  # Discord requires this form


class DiscordAdapter(Adapter[DiscordAccount]):
    """Receives commands, buttons, menus and forms. Each is deferred at once; its token is valid for 15 minutes.

    Ordinary channel messages are not received, because they come only over Discord's gateway.
    """

    platform = "discord"
    label = {"en": "Discord", "zh": "Discord"}
    schema = DiscordAccount
    supports_typing = True
    supports_edit = True
    edit_interval_s = 1.5  # 5 edits in 5 s per channel
    supports_media = True
    reference = text.REFERENCE
    mentions_people = True
    file_rules = files.RULES
    sends_per_s = 50.0
    chat_sends_per_s = 1.0  # 5 in 5 s
    supports_webhook_setup = True
    text_limit = 1900  # below Discord's 2000, because fences make tables longer
    simulator = "adapters.discord.simulator.DiscordSimulator"

    # Inbound

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        return SIGNATURE_HEADER in request.headers

    def receive(self, request: WebhookRequest) -> Received:
        require_post(request)
        if not self.account.public_key:
            raise SignatureRejected(Reason("not_configured", key="public_key"))
        given, stamp = request.headers.get(SIGNATURE_HEADER, ""), request.headers.get(TIMESTAMP_HEADER, "")
        if not verify(self.account.public_key, given, stamp, request.body):
            raise SignatureRejected(Reason("signature_mismatch"))
        payload = parse_object(request.body)
        kind = as_int(payload, "type")
        if "event" in payload or kind == 0:  # webhook events, which have a ping of their own
            told = (webhook_event(payload, request.body),) if "event" in payload else ()
            return Received(told, HttpReply(204))
        if kind == PING:
            return Received(reply=pong())
        return Received((event_of(payload, request.body),), acknowledgement(kind, ephemeral=self.account.ephemeral))

    # Outbound

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Answers the interaction while its token is valid, else posts to the channel as the bot.

        `message.data` may hold "buttons" (see `OutgoingMessage`), raw "components" or "embeds", and "silent". A file
        and its text are sent in one request.
        """
        body = self._body(message)
        if message.reply_token:
            try:
                return self._answer(message, body)
            except SendError as error:
                if error.mark != TOKEN_EXPIRED or not self.account.bot_token:
                    raise
            message = self._after_the_interaction(message)
        return self._write(message, body)

    def _after_the_interaction(self, message: OutgoingMessage) -> OutgoingMessage:
        """Posts to the channel; a private answer goes to the direct messages of the person who asked."""
        if not self.account.ephemeral:
            return message
        url, wanted = f"{self.account.api}/users/@me/channels", {"recipient_id": message.user_id}
        opened = self._ahead("POST", url, json=wanted, headers=self._bot_headers())
        chat_id = as_id(result_of(opened.status, opened.headers, opened.body), "id") or ""
        return replace(message, chat_id=chat_id, thread_id=None, reply_to=None)

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        return self.send(message)

    def _body(self, message: OutgoingMessage) -> dict[str, Any]:
        people = message.data.get("mentions") or {}
        plain = render.to_discord(message.text)
        named = linked(plain, people, lambda person, _name: f"<@{person}>")
        body: dict[str, Any] = {
            "content": named if len(named) <= render.MAX_TEXT else plain,
            # No other text of the bot pings anybody.
            "allowed_mentions": {"parse": []} | ({"users": list(people.values())[:100]} if people else {}),
        }
        found = message.data.get("components") or render.components(message.data.get("buttons"))
        if found:
            body["components"] = found
        if message.data.get("embeds"):
            body["embeds"] = message.data["embeds"]
        return body

    def _answer(self, message: OutgoingMessage, body: Mapping[str, Any]) -> SendReceipt:
        url = f"{self.account.api}/webhooks/{self.account.application_id}/{quote(message.reply_token or '', safe='')}"
        following = {**body, "flags": EPHEMERAL} if self.account.ephemeral else body
        if message.part:
            return self._call_api("POST", f"{url}?wait=true", following, message.file)
        try:
            return self._call_api("PATCH", f"{url}/messages/@original", body, message.file)
        except SendError as error:
            error.maybe_sent = False  # it replaces the "thinking" sign; a repeated call replaces the same message again
            if error.mark != GONE:
                raise
        return self._call_api("POST", f"{url}?wait=true", following, message.file)  # somebody deleted the sign

    def dismiss(self, reply_token: str) -> None:
        """Removes "thinking…"."""
        token = quote(reply_token, safe="")
        url = f"{self.account.api}/webhooks/{self.account.application_id}/{token}/messages/@original"
        response = self._call("DELETE", url)
        result_of(response.status, response.headers, response.body)

    def _write(self, message: OutgoingMessage, body: Mapping[str, Any]) -> SendReceipt:
        extra: dict[str, Any] = {}
        if message.reply_to and not message.part:
            extra["message_reference"] = {"message_id": message.reply_to, "fail_if_not_exists": False}
        if message.idempotency_key:
            digest = hashlib.sha256(message.idempotency_key.encode("utf-8", "surrogatepass")).hexdigest()
            extra |= {"nonce": digest[:25], "enforce_nonce": True}
        if message.data.get("silent"):
            extra["flags"] = 1 << 12
        url = f"{self.account.api}/channels/{quote(message.thread_id or message.chat_id, safe='')}/messages"
        try:
            return self._call_api("POST", url, {**body, **extra}, message.file, as_bot=True)
        except SendError as error:
            if "message_reference" in extra and error.mark in (GONE, REPLY_REFUSED):
                return self._write(replace(message, reply_to=None), body)
            if "nonce" in extra:
                error.maybe_sent = (
                    False  # Discord remembers the nonce for some minutes, and a retry follows within seconds
                )
            raise

    def edit(self, message_id: str, message: OutgoingMessage) -> SendReceipt:
        body = {"components": [], **self._body(message)}
        target = quote(message_id, safe="")
        if message.reply_token:
            token = quote(message.reply_token, safe="")
            url = f"{self.account.api}/webhooks/{self.account.application_id}/{token}/messages/{target}"
            try:
                return self._call_api("PATCH", url, body)
            except SendError as error:
                if error.mark != TOKEN_EXPIRED or not self.account.bot_token:
                    raise
        chat = quote(message.thread_id or message.chat_id, safe="")
        return self._call_api("PATCH", f"{self.account.api}/channels/{chat}/messages/{target}", body, as_bot=True)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        return judge(status, headers, body)

    def send_typing(self, chat_id: str, thread_id: str | None = None, *, message_id: str | None = None) -> None:
        """Shows "is typing" for ten seconds. Interactions show "thinking" anyway."""
        if self.account.bot_token:
            self._api("POST", f"channels/{quote(thread_id or chat_id, safe='')}/typing")

    def fetch_media(
        self, attachment: Attachment, *, message_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> Media:
        """Downloads a file from Discord's signed address, which is valid for a day."""
        if not attachment.url:
            raise NotSupported(Reason("attachment_without_address"))
        refuse_large(attachment.size, max_bytes)
        return self._download(attachment.url, attachment, hosts=MEDIA_HOSTS, max_bytes=max_bytes)

    def reference_name(self, kind: str, reference_id: str, chat_id: str | None = None) -> str:
        """Returns the name of a user or channel, where the account has a bot token."""
        if kind == "role" or not self.account.bot_token:
            return ""
        found = self._api("GET", f"{'users' if kind == 'user' else 'channels'}/{quote(reference_id, safe='')}")
        return as_text(found, "global_name") or as_text(found, "username") or as_text(found, "name")

    # Set-up

    def whoami(self) -> BotIdentity:
        found = self._api("GET", "users/@me")
        return BotIdentity(as_id(found, "id") or "", as_text(found, "global_name"), as_text(found, "username"))

    def set_webhook(self, url: str) -> None:
        """Registers the address, which Discord checks at once, and the command /ask."""
        self._api("PATCH", "applications/@me", {"interactions_endpoint_url": url})
        self._api("POST", f"applications/{self.account.application_id}/commands", ASK)

    def delete_webhook(self) -> None:
        self._api("PATCH", "applications/@me", {"interactions_endpoint_url": None})

    def webhook_info(self) -> WebhookInfo:
        return WebhookInfo(url=as_text(self._api("GET", "applications/@me"), "interactions_endpoint_url"))

    def examine(self, url: str) -> tuple[Text, ...]:
        """Compares the application of the bot token with the account."""
        return doubts_about(self._api("GET", "applications/@me"), self.account)

    def _call(self, method: str, url: str, **options: Any) -> HttpResponse:
        return super()._call(
            method, url, **{**options, "headers": {"User-Agent": USER_AGENT, **options.get("headers", {})}}
        )

    def _bot_headers(self) -> dict[str, str]:
        if not self.account.bot_token:
            raise SendError(Reason("not_configured", key="bot_token"), permanent=True, mark="no_token")
        return {"Authorization": f"Bot {self.account.bot_token}"}

    def _call_api(
        self, method: str, url: str, body: Mapping[str, Any], file: OutgoingFile | None = None, *, as_bot: bool = False
    ) -> SendReceipt:
        headers = self._bot_headers() if as_bot else {}
        if file is None:
            response = self._call(method, url, json=body, headers=headers)
        else:
            form, kind = files.form(body, file)
            response = self._call(method, url, data=form, headers=headers | kind, read_s=MEDIA_READ_S)
        return self.classify(response.status, response.headers, response.body)

    def _api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        response = self._call(method, f"{self.account.api}/{path}", json=body, headers=self._bot_headers())
        return result_of(response.status, response.headers, response.body)
