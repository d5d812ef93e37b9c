"""Writes the accounts of channels. The platform's schema validates the values; they are never read out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from adapters import registry
from bots.models import Bot, Channel
from bots.operations import address_rules, channels, configuration_log
from bots.operations.configuration_log import Action

if TYPE_CHECKING:
    from bots.people.audit_log import Actor


def create_channel(
    bot: Bot, platform: str, account: Mapping[str, Any], *, actor: Actor, name: str = "", **fields: Any
) -> Channel:
    """Connects a platform account to a bot and sets further fields of the channel.

    Args:
        bot: The bot that answers on the channel.
        platform: Name in the adapter registry.
        account: The account's values by key.
        actor: Who adds it.
        name: Display name.
        **fields: enabled, flood_per_minute.

    Raises:
        AccountError: A key is missing, unknown or invalid; `problems` has the reason by key, never a value.
        OperationError: Another value is invalid.
    """
    return channels.add_channel(platform, bot, account, name, actor=actor, **fields)


def change_channel(
    channel: Channel, account: Mapping[str, Any] | None = None, *, actor: Actor, **fields: Any
) -> Channel:
    """Changes the given fields and the given account keys; None or "" removes a key.

    Raises:
        AccountError: The changed account would be invalid for the platform, would send stored secrets to another
            server, or names an address that the actor may not enter; nothing was changed.
    """
    names = {*fields, "updated_at"}
    if account is not None:
        before = channel.credentials
        given = {key for key, value in account.items() if value not in (None, "")}
        merged = {key: value for key, value in (before | dict(account)).items() if value not in (None, "")}
        after = registry.validate_account(channel.platform, merged)
        public_only = address_rules.check_account(channel.platform, before, after, given, actor)
        channel.credentials = after
        names.add("credentials_encrypted")
        if public_only is not None:
            channel.public_only = public_only
            names.add("public_only")
    for name, value in fields.items():
        setattr(channel, name, value)
    with transaction.atomic():
        channel.save(update_fields=sorted(names))
        configuration_log.record(Action.CHANGED, channel, actor, {*fields, *(account or ())})
    return channel


def keys_set(channel: Channel) -> list[str]:
    """Returns the names of the account keys that have a value."""
    return sorted(channel.credentials)
