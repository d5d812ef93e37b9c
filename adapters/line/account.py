"""The account schema of a LINE Messaging API channel."""

from __future__ import annotations

from typing import ClassVar

from adapters.account_fields import secrets_field, token_field
from adapters.accounts import ApiAccount, Secrets, Text, account_field
from adapters.guide import Guide
from adapters.line.guide import GUIDE

DEFAULT_DATA_URL = "https://api-data.line.me"


class LineAccount(ApiAccount):
    """A Messaging API channel of a LINE Official Account."""

    guide: ClassVar[Guide] = GUIDE
    platform_url: ClassVar[str] = "https://api.line.me"

    channel_secret: Secrets = secrets_field(
        label=("Channel secret", "Channel secret"),
        help=(
            "LINE Developers console > Basic settings. Without it requests are refused. Several for rotation.",
            "LINE Developers 控制台 > Basic settings。未设置时拒绝所有请求。可填多个用于轮换。",
        ),
    )
    channel_access_token: Text = token_field(
        label=("Channel access token", "Channel access token"),
        help=(
            "Messaging API tab > Channel access token (long-lived).",
            "Messaging API 标签页 > Channel access token (long-lived)。",
        ),
    )
    destination: Text = account_field(
        "",
        label=("Bot user id", "机器人用户 ID"),
        help=(
            "Begins with U; it is not “Your user ID” in Basic settings. When set, events for other bots are ignored.",
            "以 U 开头（不是 Basic settings 中的 Your user ID）。填写后忽略发给其他机器人的事件。",
        ),
        advanced=True,
    )

    @property
    def data_api(self) -> str:
        """Base URL of the content API."""
        return self.base_url or DEFAULT_DATA_URL
