"""The account schema of WeCom: an application, a smart robot, or a group robot that only sends."""

from __future__ import annotations

import re
from typing import ClassVar, Protocol, runtime_checkable

from pydantic import field_validator

from adapters.account_fields import flag_field, secrets_field, token_field
from adapters.account_formats import WrongShape
from adapters.account_modes import Mode
from adapters.accounts import ApiAccount, Secrets, Text, account_field
from adapters.guide import Guide, text
from adapters.wecom.guide import GUIDE
from clawdbot.reasons import Reason

_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")


@runtime_checkable
class Streams(Protocol):
    """Store of the smart robot's answers until WeCom polls for them. Shared by all processes of the product."""

    def read(self, stream_id: str) -> tuple[str, bool] | None:
        """Returns the answer so far (neutral markdown) and whether it is complete; None when there is none yet."""

    def write(self, stream_id: str, text: str, finished: bool) -> bool:
        """Stores the answer so far. Returns False when the stream already has another answer."""


class WeComAccount(ApiAccount):
    """An application (corp id, agent id, secret), a smart robot (no corp id) or a group robot (key)."""

    guide: ClassVar[Guide] = GUIDE
    platform_url: ClassVar[str] = "https://qyapi.weixin.qq.com"
    modes: ClassVar[tuple[Mode, ...]] = (
        Mode(text("an application", "自建应用"), ("corp_id", "agent_id", "secret")),
        Mode(
            text("a smart robot", "智能机器人"),
            ("token", "encoding_aes_key"),
            without=("corp_id", "agent_id", "secret"),
        ),
        Mode(
            text("a smart robot by long connection", "智能机器人（长连接）"),
            ("bot_id", "bot_secret"),
            without=("corp_id",),
        ),
        Mode(text("a group robot", "群机器人"), ("robot_key",)),
    )

    token: Secrets = secrets_field(
        label=("Callback token", "回调 Token"),
        help=(
            "From “Receive messages”. Without it callbacks are refused. Several for rotation.",
            "来自“接收消息”设置。未设置时拒绝回调。可填多个用于轮换。",
        ),
    )
    encoding_aes_key: Secrets = secrets_field(
        label=("EncodingAESKey", "EncodingAESKey"),
        help=(
            "43 characters, from the same place. Several for rotation; the first encrypts replies.",
            "43 个字符，与 Token 同处获取。可填多个用于轮换，回复用第一个加密。",
        ),
    )
    corp_id: Text = account_field(
        "",
        label=("Corp id", "企业 ID"),
        help=("For an application; leave it empty for a smart robot.", "用于自建应用；智能机器人请留空。"),
    )
    agent_id: Text = account_field(
        "",
        label=("Agent id", "应用 AgentId"),
        help=("Number of the application.", "自建应用的 AgentId。"),
        pattern=r"^[0-9]*$",
    )
    secret: Text = account_field(
        "",
        label=("Application secret", "应用 Secret"),
        help=("For sending; the server's address must be a trusted IP.", "用于发送消息；服务器 IP 须加入企业可信 IP。"),
        secret=True,
    )
    receive_id: Text = account_field(
        "",
        label=("Receive id", "ReceiveId"),
        help=(
            "Only for third-party suites. Else the corp id is used, and none for a smart robot.",
            "仅第三方套件需要；默认为企业 ID，智能机器人为空。",
        ),
        advanced=True,
    )
    bot_id: Text = account_field(
        "",
        label=("Bot ID (long connection)", "BotID（长连接）"),
        help=(
            "For a smart robot in API mode with a long connection, which needs no public address; run manage.py poll.",
            "智能机器人 API 模式选择“使用长连接”时获取：无需公网地址，需运行 manage.py poll。",
        ),
        pattern=r"^[!-~]*$",
    )
    bot_secret: Text = token_field(
        label=("Secret (long connection)", "Secret（长连接）"),
        help=("Shown beside the Bot ID.", "与 BotID 一同显示。"),
        optional=True,
    )
    robot_key: Text = account_field(
        "",
        label=("Group robot key", "群机器人 key"),
        help=(
            "What follows key= in the webhook address of a group robot; it only sends.",
            "群机器人 Webhook 地址中 key= 之后的部分；仅用于发送。",
        ),
        secret=True,
    )
    bot_name: Text = account_field(
        "",
        label=("Robot name", "机器人名称"),
        help=(
            "Needed only when the name contains spaces, to remove “@name” from the start of group messages.",
            "仅当名称含空格时需要：用于去掉群消息开头的 @名称。",
        ),
        advanced=True,
    )
    plain_text: bool = flag_field(
        label=("Plain text only", "仅纯文本"),
        help=(
            "For members who read in WeChat, where markdown is not shown.",
            "适用于在微信中接收消息的成员：微信不显示 Markdown。",
        ),
    )
    streams: Streams | None = None
    """Injected by the program. Without it a smart robot answers once, by response_url."""

    @field_validator("encoding_aes_key")
    @classmethod
    def _shape(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_AES_KEY.fullmatch(value) for value in values):
            raise WrongShape(Reason("must_be_43_alphanumeric"))
        return values

    @property
    def is_app(self) -> bool:
        """True for an application, which has a corp id."""
        return bool(self.corp_id)

    @property
    def is_connected_robot(self) -> bool:
        """True for a smart robot on a long connection."""
        return bool(self.bot_id and self.bot_secret) and not self.is_app

    @property
    def receiver(self) -> str:
        """The id that every decrypted text must end with."""
        return self.receive_id or self.corp_id

    @property
    def api(self) -> str:
        """Base URL of the API."""
        return f"{self.root}/cgi-bin"
