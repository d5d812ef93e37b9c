"""Defines the command that set-up registers, and compares the application on Discord with the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.discord.account import DiscordAccount
from adapters.guide import Text, text
from adapters.payload import as_id, as_text

# Set-up registers this command, because without a command nobody can talk to the application.
ASK = {
    "name": "ask",
    "description": "Say something to the bot",
    "name_localizations": {"zh-CN": "问"},
    "description_localizations": {"zh-CN": "对机器人说话"},
    "options": [
        {
            "type": 3,
            "name": "message",
            "description": "What you want to say",
            "name_localizations": {"zh-CN": "内容"},
            "description_localizations": {"zh-CN": "你想说的话"},
            "required": True,
        }
    ],
}

OTHER_APPLICATION = text(
    "The bot token does not belong to the application whose id is entered.",
    "机器人令牌与填写的应用 ID 不属于同一应用。",
)
OTHER_KEY = text(
    "The public key does not belong to this application: copy it again from General Information.",
    "公钥与该应用不符：请从 General Information 重新复制。",
)


def doubts_about(application: Mapping[str, Any], account: DiscordAccount) -> tuple[Text, ...]:
    """Returns where the application of the bot token differs from the account."""
    key = as_text(application, "verify_key").lower()
    doubts = []
    if as_id(application, "id") not in (None, account.application_id):
        doubts.append(OTHER_APPLICATION)
    if key and key not in {known.lower() for known in account.public_key}:
        doubts.append(OTHER_KEY)
    return tuple(doubts)
