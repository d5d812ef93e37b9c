"""The account schema of a Discord application."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import field_validator

from adapters.account_fields import flag_field, token_field
from adapters.account_formats import WrongShape
from adapters.accounts import ApiAccount, Names, Text, account_field
from adapters.discord.guide import GUIDE
from adapters.guide import Guide
from clawdbot.reasons import Reason

_KEY = re.compile(r"[0-9a-fA-F]{64}")


class DiscordAccount(ApiAccount):
    """An application from the developer portal."""

    guide: ClassVar[Guide] = GUIDE
    platform_url: ClassVar[str] = "https://discord.com/api/v10"

    public_key: Names = account_field(
        (),
        label=("Public key", "公钥"),
        help=(
            "General Information > Public Key, 64 hex digits. Without it interactions are refused.",
            "General Information > Public Key，64 位十六进制。未设置时拒绝所有交互。",
        ),
        kind="list",
    )
    application_id: Text = account_field(
        label=("Application id", "应用 ID"),
        help=("General Information > Application ID.", "General Information > Application ID。"),
        pattern=r"^[0-9]+$",
    )
    bot_token: Text = token_field(
        label=("Bot token", "机器人令牌"),
        help=(
            "Bot > Reset Token. Needed for answers after 15 minutes, for proactive messages and for set-up.",
            "Bot > Reset Token。用于 15 分钟之后的回复、主动消息和设置。",
        ),
        optional=True,
    )
    ephemeral: bool = flag_field(
        label=("Answer privately", "仅提问者可见"),
        help=("Only the person who asks sees the answer.", "只有提问的人能看到回复。"),
    )

    @field_validator("public_key")
    @classmethod
    def _shape(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_KEY.fullmatch(value) for value in values):
            raise WrongShape(Reason("must_be_64_hex"))
        return values
