"""Adds, removes and switches channels, and deletes their webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from adapters import registry
from bots.channels import lookup
from bots.models import Bot, Channel
from bots.operations import address_rules, configuration_log
from bots.operations.configuration_log import COMMAND, Action
from bots.operations.errors import OperationError, refusal

if TYPE_CHECKING:
    from bots.people.audit_log import Actor


def add_channel(
    platform: str, bot: Bot, account: Mapping[str, Any], name: str = "", *, actor: Actor = COMMAND, **fields: Any
) -> Channel:
    """Connects a platform account to a bot.

    Args:
        platform: Name in the adapter registry.
        bot: The bot that answers on the channel.
        account: The account's values by key, as the adapter's schema describes them; stored encrypted.
        name: Display name.
        actor: Who adds it.
        **fields: enabled, flood_per_minute.

    Raises:
        UnknownPlatform: No such platform.
        AccountError: A key is missing, unknown or invalid; `problems` has the reason by key, never a value.
        OperationError: Another field is invalid.
    """
    channel = Channel(bot=bot, platform=platform, name=name, **fields)
    clean = registry.validate_account(platform, account)
    channel.credentials = clean
    channel.public_only = bool(address_rules.check_account(platform, {}, clean, clean, actor))
    try:
        channel.full_clean()
    except ValidationError as error:
        raise refusal(error) from None
    with transaction.atomic():
        channel.save(force_insert=True)
        configuration_log.record(Action.ADDED, channel, actor, clean)
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


@transaction.atomic
def set_enabled(ids: Iterable[int], enabled: bool, actor: Actor) -> int:
    """Enables or disables channels; returns how many changed."""
    rows = list(Channel.objects.select_related("bot").filter(pk__in=list(ids)).exclude(enabled=enabled))
    for channel in rows:
        configuration_log.record(Action.CHANGED, channel, actor, ["enabled"])
    now = timezone.now()
    return Channel.objects.filter(pk__in=[row.pk for row in rows]).update(enabled=enabled, updated_at=now)


def delete_webhook(channel: Channel) -> None:
    """Deletes the webhook registered at the platform, as polling requires. No-op if the platform has no API for it.

    Raises:
        SendError: The platform refused the call or could not be reached.
        AdapterError: The channel's account is invalid.
    """
    adapter = lookup.adapter_for(channel)
    if adapter.supports_webhook_setup:
        adapter.delete_webhook()


def remove_channel(public_id: str, actor: Actor = COMMAND) -> int:
    """Deletes a channel with its conversations; returns how many rows went.

    Raises:
        OperationError: When there is no such channel.
    """
    with transaction.atomic():
        channel = get_channel(public_id)
        configuration_log.record(Action.REMOVED, channel, actor)
        return channel.delete()[0]
