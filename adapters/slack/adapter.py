"""Receives and answers Slack events, commands and interactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.account_calls import MAX_MEDIA_BYTES, refuse_large
from adapters.base import Adapter, require_post
from adapters.earlier_messages import FetchesMessages
from adapters.errors import MalformedPayload, NotSupported, SendError
from adapters.events import (
    Attachment,
    BotIdentity,
    Event,
    EventKind,
    HttpReply,
    Media,
    OutgoingFile,
    OutgoingMessage,
    Passage,
    Received,
    SendReceipt,
    WebhookRequest,
)
from adapters.payload import as_id, as_list, as_object, as_text, parse_object
from adapters.slack import outgoing, render, rotation
from adapters.slack.account import SlackAccount
from adapters.slack.events import Context, body_key, event_of, own_ids
from adapters.slack.files import REFUSED
from adapters.slack.interactions import interaction, read_form, slash_command
from adapters.slack.outcome import BAD_BLOCKS, NOT_IN_CHANNEL, THREAD_GONE, judge, result_of
from adapters.slack.passages import whole
from adapters.slack.signature import SIGNATURE_HEADER, verify
from adapters.slack.text import REFERENCE
from clawdbot.http import HttpResponse
from clawdbot.reasons import Reason
from clawdbot.redaction import register_secret

EXCHANGE_S = 8.0  # other threads wait for the fresh token
REPLY_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
FILE_HOSTS = frozenset({"files.slack.com", "files.slack-gov.com"})
# After a refusal with this mark the same call is made once more without these arguments.
_LEFT_OUT = {BAD_BLOCKS: ("blocks",), THREAD_GONE: ("thread_ts", "reply_broadcast")}
_NO_OPTIONS = HttpReply(200, b'{"options":[]}', "application/json")


class SlackAdapter(Adapter[SlackAccount], FetchesMessages):
    """Receives all requests at one address. chat.postMessage has no idempotency key."""

    platform = "slack"
    label = {"en": "Slack", "zh": "Slack"}
    schema = SlackAccount
    supports_typing = True
    supports_edit = True
    edit_interval_s = 1.2  # chat.update allows about 50 calls a minute
    supports_media = True
    reference = REFERENCE
    mentions_people = True
    supports_names = True
    file_rules = outgoing.RULES
    chat_sends_per_s = 1.0
    text_limit = 3900  # Slack advises 4000 and cuts at 40 000; escaping makes a text a little longer
    simulator = "adapters.slack.simulator.SlackSimulator"

    def __init__(self, account: Mapping[str, Any], **options: Any) -> None:
        super().__init__(account, **options)
        self._token: str = self.account.bot_token

    # Inbound

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        return SIGNATURE_HEADER in request.headers

    def receive(self, request: WebhookRequest) -> Received:
        require_post(request)
        verify(self.account.signing_secret, request, self.clock())
        if request.body.lstrip()[:1] == b"{":
            return self._json(parse_object(request.body), request.body)
        return self._form(request.body)

    def _json(self, envelope: dict[str, Any], body: bytes) -> Received:
        kind = as_text(envelope, "type")
        if kind == "url_verification":
            return Received(reply=HttpReply(200, as_text(envelope, "challenge").encode("utf-8", "replace")))
        if kind != "event_callback":
            # For instance app_rate_limited: genuine, but needs no action.
            note = Event(kind=EventKind.IGNORED, dedupe_key=body_key(body), change=kind[:64] or "unknown", raw=envelope)
            return Received((note,))
        account = self.account
        context = Context(own_ids(envelope, account.bot_user_id), account.reply_in_thread)
        return Received((self._ours(event_of(envelope, body, context), as_text(envelope, "team_id")),))

    def _form(self, body: bytes) -> Received:
        form = read_form(body)
        if "payload" in form:
            payload = parse_object(form["payload"].encode("utf-8", "replace"))
            team = as_text(as_object(payload, "team"), "id")
            events = tuple(self._ours(event, team) for event in interaction(payload, body))
            return Received(events, _NO_OPTIONS if payload.get("type") == "block_suggestion" else HttpReply())
        if "ssl_check" in form:
            return Received()  # Slack checks the certificate
        if not form.get("command"):
            raise MalformedPayload(Reason("no_slash_command"))
        return Received((self._ours(slash_command(form, body), form.get("team_id", "")),))

    def _ours(self, event: Event, team_id: str) -> Event:
        if self.account.team_id and team_id and team_id != self.account.team_id:
            return replace(event, kind=EventKind.IGNORED, change="other_workspace", twin_key="")
        return event

    # Outbound

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Posts one message. Where the bot is no member, answers at the address of the command or button.

        `message.data` may hold "buttons" (see `OutgoingMessage`), raw "blocks", "broadcast" (shows a reply in a thread
        in the channel too) and "link_preview" (False hides it).

        When the thread is gone, the message goes to the channel.
        """
        body = self._body(message)
        try:
            return self._post_mended("chat.postMessage", body)
        except SendError as error:
            if error.mark not in (NOT_IN_CHANNEL, "chat_not_found") or not message.reply_url:
                raise
        return self._reply_by_url(message.reply_url, body)

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        """Uploads the file and shows it in the channel (scope files:write). The receipt holds the file's id."""
        given = self._api("files.getUploadURLExternal", None, ahead=True, params=outgoing.wanted(file))
        sent = self._ahead("POST", as_text(given, "upload_url"), data=file.read(), handed_out_for=FILE_HOSTS)
        if not sent.ok:
            result_of(sent.status, sent.headers, sent.body)
        file_id = as_text(given, "file_id")
        self._post_mended("files.completeUploadExternal", outgoing.shown(message, file, file_id))
        return SendReceipt(file_id)

    def _body(self, message: OutgoingMessage) -> dict[str, Any]:
        people = message.data.get("mentions") or {}
        text = render.with_mentions(render.to_mrkdwn(message.text), people)
        body: dict[str, Any] = {"channel": message.chat_id, "text": text}
        if message.thread_id:
            body["thread_ts"] = message.thread_id
            if message.data.get("broadcast"):
                body["reply_broadcast"] = True
        found = message.data.get("blocks") or render.blocks(message.text, message.data.get("buttons"))
        if found:
            body["blocks"] = found
        if message.data.get("link_preview") is False:
            body |= {"unfurl_links": False, "unfurl_media": False}
        return body

    def _reply_by_url(self, url: str, body: Mapping[str, Any]) -> SendReceipt:
        kept = {name: value for name, value in body.items() if name not in ("channel", "reply_broadcast")}
        kept |= {"response_type": "in_channel", "replace_original": False}
        response = self._call("POST", url, json=kept, handed_out_for=REPLY_HOSTS)
        return self.classify(response.status, response.headers, response.body)

    def fetch_message(self, message_id: str, chat_id: str) -> tuple[Passage, ...]:
        """Fetches the first message of a thread (scope channels:history, groups:history or im:history)."""
        asked = {"channel": chat_id, "ts": message_id, "limit": "1", "inclusive": "true"}
        try:
            found = as_list(self._api("conversations.replies", None, params=asked), "messages")
        except SendError as error:
            if error.mark == THREAD_GONE:
                return ()
            raise
        first = next((item for item in found if isinstance(item, dict) and as_id(item, "ts") == message_id), None)
        if first is None:
            raise SendError(Reason("answer_not_understood", platform="Slack"), mark="message_not_found")
        return whole(first, {self.account.bot_user_id} - {""})

    def edit(self, message_id: str, message: OutgoingMessage) -> SendReceipt:
        body = self._body(message)
        kept = {name: body.get(name, []) for name in ("channel", "text", "blocks")}  # an empty list removes the buttons
        return self._post("chat.update", kept | {"ts": message_id})

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        return judge(status, headers, body)

    def send_typing(self, chat_id: str, thread_id: str | None = None, *, message_id: str | None = None) -> None:
        """Shows a status in a thread of an app with the agent feature. Slack has no other typing indicator."""
        if thread_id:
            body = {"channel_id": chat_id, "thread_ts": thread_id, "status": "is typing…"}
            self._api("assistant.threads.setStatus", body)

    def fetch_media(
        self, attachment: Attachment, *, message_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> Media:
        """Downloads a file with the bot token (scope files:read)."""
        if not attachment.id and not attachment.url:
            raise NotSupported(Reason("attachment_no_file"))
        refuse_large(attachment.size, max_bytes)
        url = attachment.url
        if not url:
            found = as_object(self._api("files.info", None, params={"file": attachment.id}), "file")
            url = as_text(found, "url_private_download") or as_text(found, "url_private")
        try:
            return self._fetch(url, attachment, max_bytes)
        except SendError as error:
            if error.mark not in REFUSED or not self._renewed():
                raise
        return self._fetch(url, attachment, max_bytes)

    def _fetch(self, url: str, attachment: Attachment, max_bytes: int) -> Media:
        told = {"headers": self._authorization(), "max_bytes": max_bytes, "allow_redirects": False}
        media = self._download(url, attachment, hosts=FILE_HOSTS, **told)
        if media.content_type == "text/html" and attachment.mime != "text/html":
            # Without the scope Slack answers with its log-in page and status 200.
            raise SendError(Reason("slack_login_page"), permanent=True, mark="no_rights")
        return media

    def display_name(self, user_id: str, chat_id: str | None = None) -> str:
        """Returns the user's display name in the workspace (scope users:read)."""
        user = as_object(self._api("users.info", None, params={"user": user_id}), "user")
        profile = as_object(user, "profile")
        return as_text(profile, "display_name") or as_text(profile, "real_name") or as_text(user, "name")

    def reference_name(self, kind: str, reference_id: str, chat_id: str | None = None) -> str:
        """Returns the name of a user (users:read), channel (channels:read) or user group (usergroups:read)."""
        if kind == "user":
            return self.display_name(reference_id, chat_id)
        if kind == "chat":
            found = self._api("conversations.info", None, params={"channel": reference_id})
            return as_text(as_object(found, "channel"), "name")
        groups = as_list(self._api("usergroups.list", None), "usergroups")
        found = next((one for one in groups if isinstance(one, dict) and as_text(one, "id") == reference_id), {})
        return as_text(found, "handle") or as_text(found, "name")

    # Set-up

    def whoami(self) -> BotIdentity:
        found = self._api("auth.test", {})
        return BotIdentity(as_text(found, "user_id"), as_text(found, "user"), as_text(found, "user"))

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _post(self, method: str, body: Mapping[str, Any]) -> SendReceipt:
        response = self._request(method, body)
        return self.classify(response.status, response.headers, response.body)

    def _post_mended(self, method: str, body: dict[str, Any]) -> SendReceipt:
        """Makes the call once more without the blocks or the thread that Slack refuses."""
        while True:
            try:
                return self._post(method, body)
            except SendError as error:
                left_out = _LEFT_OUT.get(error.mark, ())
                if not any(name in body for name in left_out):
                    raise
                body = {name: value for name, value in body.items() if name not in left_out}

    def _api(self, method: str, body: Mapping[str, Any] | None, **options: Any) -> dict[str, Any]:
        response = self._request(method, body, **options)
        return result_of(response.status, response.headers, response.body)

    def _request(self, method: str, body: Mapping[str, Any] | None, **options: Any) -> HttpResponse:
        """Makes a call. Retries once with a fresh token when the old one has expired and the app rotates tokens."""
        used, vault = self._token, self.account.vault
        response = self._attempt(method, body, **options)
        if vault is None or not self.account.rotates or not rotation.expired(response):
            return response
        self._token = str(vault.renew(rotation.change(used, self._exchange))["bot_token"])
        register_secret(self._token)
        return self._attempt(method, body, **options)

    def _renewed(self) -> bool:
        """Renews the token if it has expired, and returns whether it did. A refused download gives no reason."""
        used = self._token
        if self.account.rotates:
            self._api("auth.test", {})
        return self._token != used

    def _attempt(
        self, method: str, body: Mapping[str, Any] | None, *, ahead: bool = False, **options: Any
    ) -> HttpResponse:
        headers = self._authorization()
        if body is None:
            call = self._ahead if ahead else self._call
            return call("GET", f"{self.account.api}/{method}", headers=headers, **options)
        headers["Content-Type"] = "application/json; charset=utf-8"
        return self._call("POST", f"{self.account.api}/{method}", json=body, headers=headers, **options)

    def _exchange(self, refresh_token: str) -> dict[str, Any]:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": self.account.client_id,
            "client_secret": self.account.client_secret,
        }
        response = self._call("POST", f"{self.account.api}/oauth.v2.access", data=form, read_s=EXCHANGE_S)
        return result_of(response.status, response.headers, response.body)
