"""Adds, removes and switches channels, and deletes their webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from adapters import registry
from bots.channels import lookup
from bots.models import Bot, Channel
from bots.operations.errors import OperationError, refusal


def add_channel(platform: str, bot: Bot, account: Mapping[str, Any], name: str = "", **fields: Any) -> Channel:
    """Connects a platform account to a bot.

    Args:
        platform: Name in the adapter registry.
        bot: The bot that answers on the channel.
        account: The account's values by key, as the adapter's schema describes them; stored encrypted.
        name: Display name.
        **fields: enabled, flood_per_minute.

    Raises:
        UnknownPlatform: No such platform.
        AccountError: A key is missing, unknown or invalid; `problems` has the reason by key, never a value.
        OperationError: Another field is invalid.
    """
    channel = Channel(bot=bot, platform=platform, name=name, **fields)
    channel.credentials = registry.validate_account(platform, account)
    try:
        channel.full_clean()
    except ValidationError as error:
        raise refusal(error) from None
    channel.save(force_insert=True)
    return channel


def get_channel(public_id: str) -> Channel:
    """Returns the channel with this public id and loads its bot.

    Raises:
        OperationError: When there is none.
    """
    found = Channel.objects.select_related("bot").filter(public_id=public_id).first()
    if found is None:
        raise OperationError(_("There is no channel %(id)s.") % {"id": public_id})
    return found


def set_enabled(ids: Iterable[int], enabled: bool) -> int:
    """Enables or disables channels; returns how many changed."""
    rows = Channel.objects.filter(pk__in=list(ids)).exclude(enabled=enabled)
    return rows.update(enabled=enabled, updated_at=timezone.now())


def delete_webhook(channel: Channel) -> None:
    """Deletes the webhook registered at the platform, as polling requires. No-op if the platform has no API for it.

    Raises:
        SendError: The platform refused the call or could not be reached.
        AdapterError: The channel's account is invalid.
    """
    adapter = lookup.adapter_for(channel)
    if adapter.supports_webhook_setup:
        adapter.delete_webhook()


def remove_channel(public_id: str) -> int:
    """Deletes a channel with its conversations; returns how many rows went.

    Raises:
        OperationError: When there is no such channel.
    """
    with transaction.atomic():
        return get_channel(public_id).delete()[0]
