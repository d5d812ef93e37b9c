"""The account schema of a Feishu or Lark application with a bot."""

from __future__ import annotations

from typing import ClassVar

from adapters.account_fields import secrets_field
from adapters.accounts import ApiAccount, Secrets, Text, account_field
from adapters.feishu.guide import GUIDE
from adapters.guide import Guide

LARK_BASE_URL = "https://open.larksuite.com"


class FeishuAccount(ApiAccount):
    """A custom app with a bot. For Lark set base_url to https://open.larksuite.com."""

    guide: ClassVar[Guide] = GUIDE
    platform_url: ClassVar[str] = "https://open.feishu.cn"

    app_id: Text = account_field(
        label=("App id", "App ID"),
        help=("From “Credentials & basic info”, like cli_…", "来自“凭证与基础信息”，形如 cli_…"),
        pattern=r"^[A-Za-z0-9_-]+$",
    )
    app_secret: Text = account_field(
        label=("App secret", "App Secret"),
        help=("From the same page.", "与 App ID 同页。"),
        secret=True,
    )
    verification_token: Secrets = secrets_field(
        label=("Verification token", "Verification Token"),
        help=(
            "From “Events & callbacks → Encryption strategy”. Several for rotation.",
            "来自“事件与回调 → 加密策略”。可填多个用于轮换。",
        ),
    )
    encrypt_key: Secrets = secrets_field(
        label=("Encrypt key", "Encrypt Key"),
        help=(
            "From the same page. Strongly advised: without it events are not signed, and only the token proves their "
            "origin. Several for rotation.",
            "与 Verification Token 同处；强烈建议设置：未设置时事件没有签名，只能靠 Token 验证。可填多个用于轮换。",
        ),
    )
    bot_open_id: Text = account_field(
        "",
        label=("Bot open id", "机器人 open_id"),
        help=(
            "Needed to recognise mentions in groups; “Verify” (on the command line “channel test”) fills it in.",
            "用于识别群里的 @；“验证”（命令行为“channel test”）会自动填写。",
        ),
    )
    typing_reaction: Text = account_field(
        "",
        label=("Reaction while thinking", "思考时的表情回复"),
        help=(
            "Feishu has no typing indicator. A reaction of this emoji type, such as OnIt, is added to the message "
            "instead. Empty for none.",
            "飞书没有“正在输入”提示；可填 OnIt 等表情类型，在用户消息上添加表情。留空则不添加。",
        ),
        pattern=r"^[A-Za-z0-9_]*$",
        advanced=True,
    )

    @property
    def elsewhere(self) -> bool:
        """True unless calls go to Feishu or Lark."""
        return self.base_url not in ("", self.platform_url, LARK_BASE_URL)

    @property
    def api(self) -> str:
        """Base URL of the API."""
        return f"{self.root}/open-apis"
