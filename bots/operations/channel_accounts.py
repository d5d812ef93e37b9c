"""Writes the accounts of channels. The platform's schema validates the values; they are never read out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from adapters import registry
from bots.models import Bot, Channel
from bots.operations import channels


def create_channel(bot: Bot, platform: str, account: Mapping[str, Any], *, name: str = "", **fields: Any) -> Channel:
    """Connects a platform account to a bot and sets further fields of the channel.

    Args:
        bot: The bot that answers on the channel.
        platform: Name in the adapter registry.
        account: The account's values by key.
        name: Display name.
        **fields: enabled, flood_per_minute.

    Raises:
        AccountError: A key is missing, unknown or invalid; `problems` has the reason by key, never a value.
        OperationError: Another value is invalid.
    """
    if platform in registry.platforms():
        registry.validate_account(platform, account)
    with transaction.atomic():
        channel = channels.add_channel(platform, bot, account, name)
        return change_channel(channel, **fields) if fields else channel


def change_channel(channel: Channel, account: Mapping[str, Any] | None = None, **fields: Any) -> Channel:
    """Changes the given fields and the given account keys; None or "" removes a key.

    Raises:
        AccountError: The changed account would be invalid for the platform; nothing was changed.
    """
    names = {*fields, "updated_at"}
    for name, value in fields.items():
        setattr(channel, name, value)
    if account is not None:
        merged = channel.credentials | dict(account)
        channel.credentials = registry.validate_account(
            channel.platform, {key: value for key, value in merged.items() if value not in (None, "")}
        )
        names.add("credentials_encrypted")
    channel.save(update_fields=sorted(names))
    return channel


def keys_set(channel: Channel) -> list[str]:
    """Returns the names of the account keys that have a value."""
    return sorted(channel.credentials)
