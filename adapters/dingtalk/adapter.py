"""Receives, answers and edits DingTalk messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from adapters import tokens
from adapters.account_calls import MAX_MEDIA_BYTES, refuse_large
from adapters.base import Adapter, require_post
from adapters.dingtalk import addressing, cards, files, render, signing, stream
from adapters.dingtalk.account import DingTalkAccount
from adapters.dingtalk.outcome import REPLY_EXPIRED, answer_of, judge, token_refused
from adapters.errors import MalformedPayload, NotSupported, SendError, SignatureRejected
from adapters.events import (
    Attachment,
    BotIdentity,
    Event,
    EventKind,
    HttpReply,
    Media,
    OutgoingFile,
    OutgoingMessage,
    Polled,
    Received,
    SendReceipt,
    WebhookRequest,
)
from adapters.payload import as_int, as_text, parse_object
from adapters.splitter import utf8_bytes
from clawdbot.http import HttpResponse
from clawdbot.reasons import Reason

MEDIA_HOSTS = frozenset({".dingtalk.com", ".aliyuncs.com", ".alicdn.com"})
GROUP_ROBOT_PER_S = 20 / 60  # above this rate DingTalk mutes the robot for ten minutes


class DingTalkAdapter(Adapter[DingTalkAccount]):
    """Receives over HTTP or Stream. Answers by reply address, API or custom group robot."""

    platform = "dingtalk"
    label = {"en": "DingTalk", "zh": "钉钉"}
    schema = DingTalkAccount
    alt_id_is_the_users = True
    supports_media = True
    mentions_people = True
    supports_polling = True
    text_limit = 5000  # bytes; the API accepts 15000, but JSON and line ends add to the text
    simulator = "adapters.dingtalk.simulator.DingTalkSimulator"

    def __init__(self, account: Mapping[str, Any], **options: Any) -> None:
        super().__init__(account, **options)
        self.supports_edit = bool(self.account.app_key and self.account.card_template_id)
        self.sends_per_s = None if self.account.app_key else GROUP_ROBOT_PER_S
        self.file_rules = files.RULES if self.account.app_key else ()
        self._connection: stream.Connection | None = None
        self._next_offset: int | None = None

    @staticmethod
    def text_unit(text: str) -> int:
        """Returns the length in UTF-8 bytes."""
        return utf8_bytes(text)

    # Inbound

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        return "sign" in request.headers and "timestamp" in request.headers

    def receive(self, request: WebhookRequest) -> Received:
        require_post(request)
        if not self.account.app_secret:
            raise SignatureRejected(Reason("not_configured", key="app_secret"), status=403)
        headers = request.headers
        signing.verify(self.account.app_secret, headers.get("timestamp", ""), headers.get("sign", ""), self.clock())
        event = addressing.trusted_event(parse_object(request.body), self.account)
        return Received((event,), HttpReply(body=b"{}", content_type="application/json"))

    def poll(self, offset: int | None, timeout: float = 50.0) -> Polled:
        """Waits for frames of the Stream. `next_offset` is a counter; passing it back acknowledges the frames.

        Raises:
            SendError: The connection cannot be opened.
        """
        if self._connection is None:
            self._connection = self._open_stream()
        try:
            frames = self._connection.receive(timeout, confirmed=offset is not None and offset == self._next_offset)
        except ConnectionError:
            # DingTalk closes the connection every few hours; the next call opens a new one.
            self.close()
            return Polled()
        if not frames:
            return Polled()
        self._next_offset = (offset or 0) + 1
        return Polled(tuple(self._event_of(frame) for frame in frames), self._next_offset)

    def close(self) -> None:
        """Closes the Stream. DingTalk redelivers frames that were not acknowledged."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _event_of(self, frame: stream.Frame) -> Event:
        try:
            return addressing.trusted_event(frame.data, self.account)
        except MalformedPayload:
            # A refusal would cause endless redelivery, so the frame is stored as ignored and acknowledged.
            key = f"frame:{frame.message_id}"
            return Event(kind=EventKind.IGNORED, dedupe_key=key, change="malformed", raw=frame.data)

    def _open_stream(self) -> stream.Connection:
        body = {"clientId": self.account.app_key, "clientSecret": self._secret(), "subscriptions": stream.SUBSCRIPTIONS}
        response = self._call("POST", f"{self.account.api}/v1.0/gateway/connections/open", json=body)
        answer = answer_of(response.status, response.headers, response.body, self.clock())
        allowed = self.account.allowed_hosts or stream.HOSTS
        endpoint, ticket = as_text(answer, "endpoint"), as_text(answer, "ticket")
        return stream.Connection(endpoint, ticket, allowed, public_only=self.account.guarded)

    # Outbound

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Answers by the reply address while it is valid, else by the API, else by the custom group robot.

        `message.data` may hold "buttons" (see `OutgoingMessage`); pressing a button sends its data as a message. A chat
        id that does not start with "cid" is the staff id of a person.
        """
        if message.growing:
            return self._begin_card(message)
        if message.reply_url and addressing.reply_address_valid(message.reply_token, self.clock()):
            try:
                return self._answer(message)
            except SendError as error:
                if error.mark != REPLY_EXPIRED or not self.account.app_key:
                    raise
        if self.account.app_key:
            return self._send_by_api(message)
        if self.account.group_token:
            return self._send_as_group_robot(message)
        raise SendError(Reason("app_key_or_group_token_not_configured"), permanent=True, mark="no_reply_url")

    def _answer(self, message: OutgoingMessage) -> SendReceipt:
        buttons = render.buttons_of(message.data.get("buttons"))
        people = addressing.reachable(message.data.get("mentions") or {})
        body = render.session_body(message.text, buttons, addressing.mentioned(message), people)
        return self._judged(
            self._call("POST", message.reply_url or "", json=body, handed_out_for=addressing.REPLY_HOSTS)
        )

    def _send_by_api(self, message: OutgoingMessage) -> SendReceipt:
        buttons = render.buttons_of(message.data.get("buttons"))
        return self._deliver_by_api(message, *render.robot_message(message.text, buttons))

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        form, headers = files.upload(file)

        def attempt(token: str) -> HttpResponse:
            query = {"access_token": token, "type": kind}
            url = f"{self.account.old_api}/media/upload"
            return self._ahead("POST", url, params=query, data=form, headers=headers)

        response = self._with_token(attempt)
        answer = answer_of(response.status, response.headers, response.body, self.clock())
        return self._deliver_by_api(message, *files.robot_message(as_text(answer, "media_id"), file, kind))

    def _deliver_by_api(self, message: OutgoingMessage, kind: str, param: Mapping[str, str]) -> SendReceipt:
        body: dict[str, Any] = {
            "robotCode": self.account.robot,
            "msgKey": kind,
            "msgParam": json.dumps(param, ensure_ascii=False),
        }
        if group := addressing.group_of(message):
            return self._judged(self._api("/v1.0/robot/groupMessages/send", body | {"openConversationId": group}))
        people = {"userIds": [addressing.person_of(message)]}
        return self._judged(self._api("/v1.0/robot/oToMessages/batchSend", body | people))

    def _begin_card(self, message: OutgoingMessage) -> SendReceipt:
        if not self.supports_edit:
            raise NotSupported(Reason("card_template_needed_to_grow"))
        group = addressing.group_of(message)
        card = cards.new_id()
        body = cards.delivery(self.account, card, group=group, person="" if group else addressing.person_of(message))
        response = self._api(cards.CREATE, body)
        cards.check_delivered(answer_of(response.status, response.headers, response.body, self.clock()))
        return self.edit(card, message)

    def edit(self, message_id: str, message: OutgoingMessage) -> SendReceipt:
        """Replaces the text of an AI card. A message that is not growing completes the card."""
        if not self.supports_edit:
            raise NotSupported(Reason("card_template_needed_to_change"))
        buttons = render.buttons_of(message.data.get("buttons"))
        text = render.with_choices(message.text, buttons)
        body = cards.content(self.account, message_id, text, finished=not message.growing)
        self._judged(self._api(cards.STREAM, body, "PUT"))
        return SendReceipt(message_id)

    def _send_as_group_robot(self, message: OutgoingMessage) -> SendReceipt:
        query = signing.query(self.account.group_token, self.account.group_secret, self.clock())
        body = render.session_body(message.text, render.buttons_of(message.data.get("buttons")), None)
        return self._judged(self._call("POST", f"{self.account.old_api}/robot/send", params=query, json=body))

    def _judged(self, response: HttpResponse) -> SendReceipt:
        return self.classify(response.status, response.headers, response.body)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        return judge(status, headers, body, self.clock())

    def fetch_media(
        self, attachment: Attachment, *, message_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> Media:
        """Downloads a file. DingTalk exchanges the file's download code for an address of its storage."""
        if not attachment.id:
            raise NotSupported(Reason("file_not_handed_out", platform="DingTalk"))
        refuse_large(attachment.size, max_bytes)
        body = {"downloadCode": attachment.id, "robotCode": self.account.robot}
        response = self._api("/v1.0/robot/messageFiles/download", body)
        answer = answer_of(response.status, response.headers, response.body, self.clock())
        url = as_text(answer, "downloadUrl")
        if not url:
            raise SendError(Reason("no_file_address", platform="DingTalk"), permanent=True, mark="media_gone")
        return self._download(url, attachment, hosts=MEDIA_HOSTS, max_bytes=max_bytes)

    # Set-up

    def whoami(self) -> BotIdentity:
        """Fetches a token, which proves the credentials. DingTalk does not give a robot's name."""
        if not self.account.app_key:
            raise NotSupported(Reason("group_robots_not_told"))
        self._fetch_token()
        return BotIdentity(self.account.robot)

    def _secret(self) -> str:
        if not self.account.app_secret:
            raise SendError(Reason("not_configured", key="app_secret"), permanent=True, mark="no_secret")
        return self.account.app_secret[0]

    def _api(self, path: str, body: Mapping[str, Any], method: str = "POST") -> HttpResponse:
        """Makes an API call with the access token. Retries once with a fresh token when DingTalk refuses it."""

        def attempt(token: str) -> HttpResponse:
            headers = {"x-acs-dingtalk-access-token": token}
            return self._call(method, f"{self.account.api}{path}", json=body, headers=headers)

        return self._with_token(attempt)

    def _with_token(self, attempt: Callable[[str], HttpResponse]) -> HttpResponse:
        account = self.account
        key = tokens.key_of("dingtalk", account.api, account.app_key, *account.app_secret[:1])
        return tokens.call(key, self.clock(), self._fetch_token, attempt, token_refused)

    def _fetch_token(self) -> tuple[str, float]:
        body = {"appKey": self.account.app_key, "appSecret": self._secret()}
        response = self._ahead("POST", f"{self.account.api}/v1.0/oauth2/accessToken", json=body)
        answer = answer_of(response.status, response.headers, response.body, self.clock())
        return tokens.granted(as_text(answer, "accessToken"), float(as_int(answer, "expireIn") or 7200))
