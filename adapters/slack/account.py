"""The account schema of a Slack app in one workspace."""

from __future__ import annotations

from typing import ClassVar

from adapters.account_fields import flag_field, secrets_field, token_field
from adapters.accounts import ApiAccount, Secrets, Text, account_field
from adapters.guide import Guide
from adapters.slack.guide import GUIDE
from adapters.slack.rotation import Vault


class SlackAccount(ApiAccount):
    """An app from api.slack.com/apps, installed in a workspace."""

    guide: ClassVar[Guide] = GUIDE
    platform_url: ClassVar[str] = "https://slack.com/api"

    signing_secret: Secrets = secrets_field(
        label=("Signing secret", "签名密钥"),
        help=(
            "Basic Information > App Credentials. Without it requests are refused. While you regenerate it, enter "
            "the old and the new one.",
            "Basic Information > App Credentials。未设置时拒绝所有请求。重新生成期间可同时填新旧两个。",
        ),
    )
    bot_token: Text = token_field(
        label=("Bot token", "机器人令牌"),
        help=("OAuth & Permissions, begins with xoxb-", "OAuth & Permissions，以 xoxb- 开头"),
    )
    refresh_token: Text = token_field(
        label=("Refresh token", "刷新令牌"),
        help=(
            "Only with token rotation: OAuth & Permissions, begins with xoxe-. Replaced at each renewal.",
            "仅用于启用令牌轮换的应用：OAuth & Permissions，以 xoxe- 开头。每次更新后自动替换。",
        ),
        optional=True,
        advanced=True,
    )
    client_id: Text = account_field(
        "",
        label=("Client id", "客户端 ID"),
        help=("Only with token rotation: Basic Information.", "仅用于令牌轮换：Basic Information。"),
        advanced=True,
    )
    client_secret: Text = token_field(
        label=("Client secret", "客户端密钥"),
        help=("Only with token rotation: Basic Information.", "仅用于令牌轮换：Basic Information。"),
        optional=True,
        advanced=True,
    )
    bot_user_id: Text = account_field(
        "",
        label=("Bot user id", "机器人用户 ID"),
        help=(
            "Begins with U; needed to recognise mentions. Taken from each event when empty.",
            "以 U 开头；用于识别提及。留空则取自每个事件。",
        ),
        advanced=True,
    )
    bot_id: Text = account_field(
        "",
        label=("Bot id", "机器人 ID"),
        help=("Begins with B; not needed.", "以 B 开头；可不填。"),
        advanced=True,
    )
    app_id: Text = account_field("", label=("App id", "应用 ID"), help=("Begins with A.", "以 A 开头。"), advanced=True)
    team_id: Text = account_field(
        "",
        label=("Workspace id", "工作区 ID"),
        help=(
            "Begins with T. Needed only when one app serves several workspaces, each with a channel of its own.",
            "以 T 开头。仅当同一应用服务多个工作区且各有独立渠道时需要。",
        ),
        advanced=True,
    )
    reply_in_thread: bool = flag_field(
        label=("Answer in threads", "在消息列中回复"),
        help=(
            "In channels every new message starts its own thread and its own conversation.",
            "在频道中，每条新消息都会开启独立的消息列和独立的会话。",
        ),
    )

    vault: Vault | None = None
    """Injected by the program. Without it an expired token stays expired."""

    @property
    def rotates(self) -> bool:
        """True when an expired token can be exchanged."""
        return bool(self.refresh_token and self.client_id and self.client_secret)
