"""The account schema of a Telegram bot."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import field_validator

from adapters.account_fields import secrets_field
from adapters.account_formats import WrongShape
from adapters.accounts import ApiAccount, Secrets, Text, account_field
from adapters.guide import Guide
from adapters.telegram.guide import GUIDE
from clawdbot.reasons import Reason

_SECRET_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,256}")


class TelegramAccount(ApiAccount):
    """A bot made with @BotFather."""

    guide: ClassVar[Guide] = GUIDE
    platform_url: ClassVar[str] = "https://api.telegram.org"

    token: Text = account_field(
        label=("Bot token", "机器人令牌"),
        help=("From @BotFather, like 110201543:AAH…", "由 @BotFather 提供，形如 110201543:AAH…"),
        secret=True,
        # Looser than Telegram's format, because self-hosted servers use other tokens; strict enough for a URL path.
        pattern=r"^[A-Za-z0-9:_-]+$",
    )
    secret_token: Secrets = secrets_field(
        label=("Webhook secret", "Webhook 密钥"),
        help=(
            "1-256 letters, digits, _ or -. Without it webhooks are refused. Several for rotation: the first is "
            "registered at Telegram.",
            "1-256 个字母、数字、_ 或 -。未设置时拒绝所有 Webhook 请求。可填多个用于轮换：向 Telegram 登记第一个。",
        ),
    )
    bot_id: Text = account_field(
        "",
        label=("Bot id", "机器人 ID"),
        help=("Taken from the token when empty.", "留空则取自令牌。"),
        advanced=True,
    )
    username: Text = account_field(
        "",
        label=("Bot username", "机器人用户名"),
        help=(
            "Without @; needed to recognise mentions in groups. “Verify” fills it in.",
            "不含 @；用于识别群组中的提及。“验证”会自动填写。",
        ),
    )

    @field_validator("secret_token")
    @classmethod
    def _shape(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        values = tuple(value for value in values if "," not in value)
        if not all(_SECRET_TOKEN.fullmatch(value) for value in values):
            raise WrongShape(Reason("must_be_256_word"))
        return values

    @field_validator("username")
    @classmethod
    def _bare(cls, value: str) -> str:
        return value.removeprefix("@")

    @property
    def own_id(self) -> str:
        """The bot's user id: as set, else the number before the colon of the token."""
        return self.bot_id or self.token.partition(":")[0]

    @property
    def api(self) -> str:
        """Base URL of the methods. It contains the token, so never log it."""
        return f"{self.root}/bot{self.token}"

    @property
    def files(self) -> str:
        """Base URL of the files. It contains the token, so never log it."""
        return f"{self.root}/file/bot{self.token}"
