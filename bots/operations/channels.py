"""What an operator does to channels: add, try, register the webhook, switch, remove."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from adapters import registry
from adapters.errors import AccountError, NotSupported, SendError, UnknownPlatform
from bots.channels import adapter_for
from bots.models import Bot, Channel
from bots.operations.channel_accounts import change_channel
from bots.operations.errors import OperationError, refusal
from clawdbot.crypto import CryptoError

_SECRET_TOKEN = "secret_token"  # noqa: S105 - the name of an account key


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try went; `text` is one line for people."""

    ok: bool
    text: str


def add_channel(platform: str, bot: Bot, account: Mapping[str, Any], name: str = "", **fields: Any) -> Channel:
    """Connects a platform account to a bot.

    Args:
        platform: Name in the adapter registry.
        bot: Who answers there.
        account: The account's values by key, as the adapter's schema describes them; stored encrypted.
        name: Display name.
        **fields: enabled, flood_per_minute.

    Raises:
        UnknownPlatform: No such platform.
        AccountError: An unknown, missing or wrong key; `problems` has the reason by key and never a value.
        OperationError: Another field does not fit.
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
    """The channel with this id, its bot loaded.

    Raises:
        OperationError: When there is none.
    """
    found = Channel.objects.select_related("bot").filter(public_id=public_id).first()
    if found is None:
        raise OperationError(_("There is no channel %(id)s.") % {"id": public_id})
    return found


def test_channel(channel: Channel) -> Outcome:
    """Asks the platform who the account is; that proves the credentials. Notes a failure on the channel."""
    try:
        found = adapter_for(channel).whoami()
    except NotSupported:
        text = _("The account is complete. There is nothing to ask; post to %(path)s.") % {"path": channel.webhook_path}
        return Outcome(True, text)
    except (SendError, AccountError, UnknownPlatform, CryptoError) as error:
        return _failure(channel, str(error))
    who = f"@{found.username}" if found.username else found.name
    return Outcome(True, _("The platform knows the account: %(who)s (%(id)s).") % {"who": who, "id": found.id})


def set_webhook(channel: Channel, base_url: str) -> Outcome:
    """Registers this channel's webhook at the platform.

    Args:
        channel: The channel.
        base_url: Address under which the platform reaches this product, e.g. https://chat.example.com
    """
    address = base_url.rstrip("/") + channel.webhook_path
    try:
        _ensure_secret_token(channel)
        adapter_for(channel).set_webhook(address)
    except (NotSupported, SendError, AccountError, UnknownPlatform, CryptoError) as error:
        return _failure(channel, str(error))
    return Outcome(True, _("The platform posts to %(address)s.") % {"address": address})


def set_enabled(ids: Iterable[int], enabled: bool) -> int:
    """Switches channels on or off; returns how many changed."""
    rows = Channel.objects.filter(pk__in=list(ids)).exclude(enabled=enabled)
    return rows.update(enabled=enabled, updated_at=timezone.now())


def remove_channel(public_id: str) -> int:
    """Deletes a channel with its conversations; returns how many rows went.

    Raises:
        OperationError: When there is no such channel.
    """
    with transaction.atomic():
        return get_channel(public_id).delete()[0]


def _ensure_secret_token(channel: Channel) -> None:
    # The proof that a webhook comes from the platform is ours to choose, so nobody has to invent one.
    names = {field.name for field in registry.account_fields(channel.platform)}
    if _SECRET_TOKEN in names and not channel.credentials.get(_SECRET_TOKEN):
        change_channel(channel, {_SECRET_TOKEN: secrets.token_urlsafe(32)})


def _failure(channel: Channel, reason: str) -> Outcome:
    Channel.objects.filter(pk=channel.pk).update(last_error_at=timezone.now(), last_error=reason[:300])
    return Outcome(False, reason)
