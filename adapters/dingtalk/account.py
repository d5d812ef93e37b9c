"""The account schema of a DingTalk robot."""

from __future__ import annotations

from typing import ClassVar

from adapters.account_fields import secrets_field
from adapters.account_modes import Mode
from adapters.accounts import ApiAccount, Secrets, Text, account_field
from adapters.dingtalk.guide import GUIDE
from adapters.guide import Guide, text

OLD_API_URL = "https://oapi.dingtalk.com"


class DingTalkAccount(ApiAccount):
    """The robot of an application, a custom group robot that only sends, or both."""

    guide: ClassVar[Guide] = GUIDE
    platform_url: ClassVar[str] = "https://api.dingtalk.com"
    modes: ClassVar[tuple[Mode, ...]] = (
        Mode(text("the robot of an application", "应用机器人"), ("app_key", "app_secret")),
        Mode(text("a custom group robot", "自定义群机器人"), ("group_token",)),
    )

    app_key: Text = account_field(
        "",
        label=("App key (Client ID)", "AppKey（Client ID）"),
        help=("From “Credentials and basic information” of the application.", "来自应用的“凭证与基础信息”。"),
    )
    app_secret: Secrets = secrets_field(
        label=("App secret (Client Secret)", "AppSecret（Client Secret）"),
        help=(
            "DingTalk signs its requests with it. Without it every request is refused. Several for rotation: the "
            "first one is used for sending.",
            "用于验证钉钉的请求，未设置时全部拒绝。可填多个用于轮换：发送时使用第一个。",
        ),
    )
    robot_code: Text = account_field(
        "",
        label=("Robot code", "机器人 RobotCode"),
        help=(
            "Often the same as the app key, which is used when this is empty.",
            "通常与 AppKey 相同；留空则使用 AppKey。",
        ),
        advanced=True,
    )
    card_template_id: Text = account_field(
        "",
        label=("AI card template", "AI 卡片模板 ID"),
        help=(
            "From the card platform; ends with .schema. With it answers appear while they are generated.",
            "来自卡片平台，以 .schema 结尾。设置后回复可边生成边显示。",
        ),
        pattern=r"^[!-~]*$",
        advanced=True,
    )
    card_key: Text = account_field(
        "content",
        label=("Text variable of the card", "卡片文本变量名"),
        help=(
            "The Markdown variable of the template for which streaming is on.",
            "模板中开启流式组件的 Markdown 变量名。",
        ),
        pattern=r"^[0-9A-Za-z_]+$",
        advanced=True,
    )
    group_token: Text = account_field(
        "",
        label=("Group robot token", "群机器人 access_token"),
        help=(
            "What follows access_token= in the webhook address of a custom group robot; it only sends.",
            "自定义群机器人 Webhook 地址中 access_token= 之后的部分；仅用于发送。",
        ),
        secret=True,
    )
    group_secret: Text = account_field(
        "",
        label=("Group robot secret", "群机器人加签密钥"),
        help=("Begins with SEC; from the security setting “Sign”.", "以 SEC 开头，来自安全设置“加签”。"),
        secret=True,
    )

    @property
    def robot(self) -> str:
        """The robot's code; the app key unless one is set."""
        return self.robot_code or self.app_key

    @property
    def old_api(self) -> str:
        """Base URL of the older API: custom group robots and uploads."""
        return self.base_url or OLD_API_URL
