"""Receives and answers WeCom messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from adapters import tokens
from adapters.account_calls import MAX_MEDIA_BYTES
from adapters.base import Adapter
from adapters.errors import NotSupported, SendError
from adapters.events import (
    Attachment,
    BotIdentity,
    Media,
    OutgoingFile,
    OutgoingMessage,
    Polled,
    Received,
    SendReceipt,
    WebhookRequest,
)
from adapters.media import content_type
from adapters.payload import as_int, as_text
from adapters.splitter import split_text, utf8_bytes
from adapters.wecom import aibot, app, envelope, files, inbound, render
from adapters.wecom.account import WeComAccount
from adapters.wecom.outcome import answer_of, judge, token_refused
from adapters.wecom.robot import SHOW_EVERY_S, Robot
from clawdbot.http import HttpResponse
from clawdbot.reasons import Reason

REPLY_HOSTS = frozenset({"qyapi.weixin.qq.com"})
MEDIA_HOSTS = frozenset({"qyapi.weixin.qq.com", ".work.weixin.qq.com", ".myqcloud.com", ".qpic.cn"})
APP_LIMIT = 2048  # bytes of text or markdown; WeCom silently cuts the rest
AIBOT_LIMIT = 20480
GROUP_LIMIT = 4096
GROUP_ROBOT_PER_S = 20 / 60
APPCHAT = "appchat:"  # prefix of the ids of group chats that an application created


class WeComAdapter(Adapter[WeComAccount]):
    """Receives callbacks of an application or smart robot. Sends as either of them or as a group robot."""

    platform = "wecom"
    label = {"en": "WeCom", "zh": "企业微信"}
    schema = WeComAccount
    supports_media = True
    mentions_people = True
    chat_sends_per_s = 0.5  # WeCom silently drops messages above 30 a minute
    text_limit = APP_LIMIT
    simulator = "adapters.wecom.simulator.WeComSimulator"

    def __init__(self, account: Mapping[str, Any], **options: Any) -> None:
        super().__init__(account, **options)
        self.supports_edit = not self.account.is_app and self.account.streams is not None
        self.robot: Robot | None = None
        if self.account.is_connected_robot:
            self.robot = Robot(self.account, self.clock, self._content)
            self.supports_polling = self.sends_by_polling = True
            self.edit_interval_s = SHOW_EVERY_S
        elif not self.account.is_app and not self.account.token:
            self.sends_per_s = GROUP_ROBOT_PER_S
        if self.account.is_app:
            self.file_rules = files.APP_RULES
        elif self.account.robot_key and not self.account.token and not self.account.is_connected_robot:
            # Not for a smart robot, because its key sends to one group, whichever chat asked.
            self.file_rules = files.ROBOT_RULES

    @staticmethod
    def text_unit(text: str) -> int:
        """Returns the length in UTF-8 bytes."""
        return utf8_bytes(text)

    def split(self, text: str) -> list[str]:
        """Splits by the limit of the account's mode. A smart robot may answer only once, but ten times as long."""
        return split_text(text, self._limit, self.text_unit)

    @property
    def _limit(self) -> int:
        if self.account.is_app:
            return APP_LIMIT
        # An answer whose reply address has expired is sent by the group robot, if there is one.
        by_group = self.account.robot_key and not self.account.is_connected_robot
        return GROUP_LIMIT if by_group else AIBOT_LIMIT

    # Inbound

    @classmethod
    def identify(cls, request: WebhookRequest) -> bool:
        return "msg_signature" in request.query and "nonce" in request.query

    def receive(self, request: WebhookRequest) -> Received:
        return inbound.receive(self.account, request, self.clock(), self._content)

    def poll(self, offset: int | None, timeout: float = 50.0) -> Polled:
        """Receives pushes over the long connection of a smart robot (see `robot.Robot.poll`)."""
        if self.robot is None:
            return super().poll(offset, timeout)
        return self.robot.poll(offset, timeout)

    def close(self) -> None:
        if self.robot is not None:
            self.robot.close()

    # Outbound

    @property
    def can_send_here(self) -> bool:
        return self.robot is None or self.robot.connected

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Sends as the account's mode allows: as application, or by stream, reply address or group robot.

        `message.data` may hold "buttons" and, for an application, "safe" (no forwarding). A chat id that begins with
        "appchat:" is a group chat that the application created.
        """
        if self.account.is_app:
            return self._send_as_app(message)
        text = render.with_choices(message.text, message.data.get("buttons") or ())
        streams, stream = self.account.streams, message.reply_token or ""
        alive = streams is not None and aibot.stream_alive(stream, self.clock())
        shelved = message.growing or self.robot is None  # a long connection sends the whole answer
        if streams and alive and shelved and streams.write(stream, text, finished=not message.growing):
            return SendReceipt(stream)
        if message.growing:
            raise NotSupported(Reason("only_streams_grow"))
        if self.robot is not None:
            return self.robot.send(message)
        content = render.with_mentions(self._content(text), message.data.get("mentions") or {}, self._limit)
        body = {"msgtype": "markdown", "markdown": {"content": content}}
        if message.reply_url:
            return self._judged(self._call("POST", message.reply_url, json=body, handed_out_for=REPLY_HOSTS))
        if self.account.robot_key:
            return self._send_as_robot(body)
        raise SendError(Reason("no_reply_address"), permanent=True, mark="no_reply_url")

    def send_file(self, message: OutgoingMessage, file: OutgoingFile, kind: str) -> SendReceipt:
        if self.account.is_app:
            media = self._uploaded(self._with_token, "media/upload", file, type=kind)
            return self._deliver_as_app(message, files.shown(media, kind))
        if kind == "image":
            return self._send_as_robot(files.picture(file))
        media = self._uploaded(self._plainly, "webhook/upload_media", file, key=self.account.robot_key, type=kind)
        return self._send_as_robot(files.shown(media, kind))

    def _uploaded(self, call: Callable[..., HttpResponse], path: str, file: OutgoingFile, **query: str) -> str:
        form, headers = files.upload(file)
        response = call("POST", path, params=query, data=form, headers=headers, ahead=True)
        answer = answer_of(response.status, response.headers, response.body, self.clock())
        return as_text(answer, "media_id")

    def _send_as_robot(self, body: Mapping[str, Any]) -> SendReceipt:
        return self._judged(self._plainly("POST", "webhook/send", params={"key": self.account.robot_key}, json=body))

    def _plainly(self, method: str, path: str, *, ahead: bool = False, **options: Any) -> HttpResponse:
        call = self._ahead if ahead else self._call
        return call(method, f"{self.account.api}/{path}", **options)

    def edit(self, message_id: str, message: OutgoingMessage) -> SendReceipt:
        """Updates the stream of a smart robot. When the stream is closed, sends the whole answer in another way."""
        if not self.supports_edit:
            raise NotSupported(Reason("no_edits", name="WeCom"))
        return self.send(replace(message, reply_token=message_id))

    def _content(self, text: str) -> str:
        return render.to_markdown(text, self._limit)

    def _send_as_app(self, message: OutgoingMessage) -> SendReceipt:
        cards, plain = not message.chat_id.startswith(APPCHAT), self.account.plain_text
        return self._deliver_as_app(message, render.app_body(message, APP_LIMIT, cards=cards, plain=plain))

    def _deliver_as_app(self, message: OutgoingMessage, body: dict[str, Any]) -> SendReceipt:
        group = message.chat_id.startswith(APPCHAT)
        if group:
            body["chatid"] = message.chat_id.removeprefix(APPCHAT)
        else:
            body |= {"touser": message.chat_id or message.user_id, "agentid": int(self.account.agent_id or 0)}
        method = "appchat/send" if group else "message/send"
        receipt = self._judged(self._with_token("POST", method, json=body))
        missed = str(receipt.data.get("invaliduser", "")) or str(receipt.data.get("unlicenseduser", ""))
        if not group and missed.lower() == str(body["touser"]).lower():  # WeCom returns ids in lower case
            raise SendError(Reason("member_not_reached"), permanent=True, mark="no_recipient")
        return receipt

    def _judged(self, response: HttpResponse) -> SendReceipt:
        return self.classify(response.status, response.headers, response.body)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        return judge(status, headers, body, self.clock())

    def answer_action(self, reply_token: str, text: str = "") -> None:
        """Disables the buttons of the pressed card. Works once, within 72 hours, for the member who pressed."""
        user, _, code = reply_token.rpartition(app.TOKEN_SEPARATOR)
        body = {
            "userids": [user],
            "agentid": int(self.account.agent_id or 0),
            "response_code": code,
            "button": {"replace_name": (text or "✓")[:10]},
        }
        self._judged(self._with_token("POST", "message/update_template_card", json=body))

    def fetch_media(
        self, attachment: Attachment, *, message_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> Media:
        """Downloads a file by media id (application, valid 3 days) or address (smart robot, valid 5 minutes)."""
        if attachment.id and self.account.is_app:
            response = self._with_token("GET", "media/get", params={"media_id": attachment.id}, max_bytes=max_bytes)
            told = response.headers.get("Content-Type", "")
            if not response.ok or told.startswith(("application/json", "text/plain")):
                answer_of(response.status, response.headers, response.body, self.clock())
            return Media(response.body, content_type(response.body, told), attachment.name or "")
        if not attachment.url:
            raise NotSupported(Reason("file_not_handed_out", platform="WeCom"))
        media = self._download(attachment.url, attachment, hosts=MEDIA_HOSTS, max_bytes=max_bytes)
        return media if self.account.is_app else self._decrypted(media, attachment.id)

    def _decrypted(self, media: Media, key: str) -> Media:
        """Decrypts a file of a smart robot: with the file's own key on a long connection, else with the account's."""
        body = envelope.open_bytes((key,) if key else self.account.encoding_aes_key, media.body)
        if not body:
            raise SendError(Reason("file_not_decrypted"), permanent=True, mark="media_gone")
        return Media(body, content_type(body, ""), media.name)

    # Set-up

    def whoami(self) -> BotIdentity:
        if not self.account.is_app:
            raise NotSupported(Reason("robots_not_told"))
        response = self._with_token("GET", "agent/get", params={"agentid": self.account.agent_id})
        answer = answer_of(response.status, response.headers, response.body, self.clock())
        return BotIdentity(str(as_int(answer, "agentid") or self.account.agent_id), as_text(answer, "name"))

    def _with_token(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, **options: Any
    ) -> HttpResponse:
        """Makes an API call with the access token. Retries once with a fresh token when WeCom refuses it."""
        key = tokens.key_of("wecom", self.account.api, self.account.corp_id, self.account.secret)

        def attempt(token: str) -> HttpResponse:
            query = {"access_token": token, **(params or {})}
            return self._plainly(method, path, params=query, **options)

        return tokens.call(key, self.clock(), self._fetch_token, attempt, token_refused)

    def _fetch_token(self) -> tuple[str, float]:
        if not self.account.secret:
            raise SendError(Reason("secret_not_configured"), permanent=True, mark="no_secret")
        query = {"corpid": self.account.corp_id, "corpsecret": self.account.secret}
        response = self._ahead("GET", f"{self.account.api}/gettoken", params=query)
        answer = answer_of(response.status, response.headers, response.body, self.clock())
        return tokens.granted(as_text(answer, "access_token"), float(as_int(answer, "expires_in") or 7200))
