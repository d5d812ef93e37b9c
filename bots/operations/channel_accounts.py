"""Changing a channel's account: values in, checked by the platform's own schema, never out again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from adapters import registry
from bots.models import Bot, Channel
from bots.operations import channels


def create_channel(bot: Bot, platform: str, account: Mapping[str, Any], *, name: str = "", **fields: Any) -> Channel:
    """Connects a platform account to a bot, with more fields than the command line asks for.

    Args:
        bot: Whose channel.
        platform: Name in the adapter registry.
        account: What the platform needs, by key.
        name: Display name.
        **fields: enabled, flood_per_minute.

    Raises:
        AccountError: `problems` says by key what is wrong; it never holds a value.
        OperationError: For an unknown platform or another wrong value.
    """
    if platform in registry.platforms():
        registry.validate_account(platform, account)
    with transaction.atomic():
        channel = channels.add_channel(platform, bot, account, name)
        return change_channel(channel, **fields) if fields else channel


def change_channel(channel: Channel, account: Mapping[str, Any] | None = None, **fields: Any) -> Channel:
    """Changes the fields that are given, and of the account the keys that are given; None or "" takes a key away.

    Raises:
        AccountError: The account would not fit the platform any more; nothing was changed.
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
    """Which keys of the account have a value: the names only."""
    return sorted(channel.credentials)
