"""Verifies a channel's account with its platform, and registers the webhook there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from adapters import registry
from adapters.base import Adapter
from adapters.errors import AccountError, NotSupported, SendError, UnknownPlatform
from adapters.events import BotIdentity, WebhookInfo
from bots.channels.lookup import adapter_for
from bots.i18n.bilingual import in_language
from bots.i18n.failure_texts import describe, describe_error
from bots.i18n.program import as_typed
from bots.models import Channel
from bots.models.lengths import ERROR_LENGTH
from bots.operations.address_rules import may_reach_private
from bots.operations.channel_accounts import change_channel
from bots.operations.configuration_log import COMMAND
from bots.operations.errors import OperationError
from clawdbot import http
from clawdbot.crypto import CryptoError
from clawdbot.reasons import Reason, Why, columns, why
from clawdbot.redaction import redact

if TYPE_CHECKING:
    from bots.people.audit_log import Actor

LIMIT_S = 12.0
"""Time limit in seconds for all calls of one verification: a user waits for it."""
_SECRET_TOKEN = "secret_token"  # noqa: S105 - the name of an account key
_FAILURES = (SendError, AccountError, UnknownPlatform, CryptoError)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a verification, with texts for users.

    Attributes:
        ok: Whether it succeeded.
        text: One line: the name of the account, or the error.
        mend: How to fix a failure; "" when there is no advice.
        notes: Warnings, a line each.
        found: Account values, by key, that the platform reported and the account lacks.
    """

    ok: bool
    text: str
    mend: str = ""
    notes: tuple[str, ...] = ()
    found: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[str, ...]:
        """All texts, a line each."""
        return tuple(line for line in (self.text, self.mend, *self.notes) if line)


def verify_account(
    platform: str, account: Mapping[str, Any], address: str = "", *, public_only: bool = False
) -> Outcome:
    """Verifies an account with the platform; stores nothing.

    Args:
        platform: Name in the adapter registry.
        account: The account's values; the platform's schema validates them.
        address: The channel's webhook address, to compare with the one at the platform; "" skips the comparison.
        public_only: Whether the addresses of the account must be public.
    """
    try:
        clean = registry.validate_account(platform, account)
        return _verify(registry.create(platform, clean | {"public_only": public_only}), clean, address)
    except _FAILURES as error:
        return _failed(platform, error)


def verify_channel(channel: Channel, address: str = "", *, actor: Actor = COMMAND) -> Outcome:
    """Verifies a channel's account; stores the outcome on the channel, and missing account values that were reported.

    Args:
        channel: The channel.
        address: Its webhook address; "" when it is not known.
        actor: Who verifies it.
    """
    try:
        adapter = adapter_for(channel)
        adapter.account.refuse_incomplete()
        outcome = _verify(adapter, channel.credentials, address)
        if outcome.found:
            change_channel(channel, outcome.found, actor=actor)
    except _FAILURES as error:
        return _failed_on(channel, error)
    _clear_error(channel)
    return outcome


def set_webhook(channel: Channel, base_url: str, *, actor: Actor = COMMAND) -> Outcome:
    """Registers this channel's webhook at the platform.

    Args:
        channel: The channel.
        base_url: Public base URL of this server, e.g. https://chat.example.com
        actor: Who registers it.
    """
    address = base_url.rstrip("/") + channel.webhook_path
    try:
        _ensure_secret_token(channel, actor)
        adapter = adapter_for(channel)
        if adapter.supports_webhook_setup and not _may_post_to(adapter, address):
            return _not_https(channel, address)
        with http.within(LIMIT_S):
            adapter.set_webhook(address)
            warnings = _warnings(adapter, address)
    except (NotSupported, *_FAILURES) as error:
        return _failed_on(channel, error)
    _clear_error(channel)
    return Outcome(True, _("The platform posts to %(address)s.") % {"address": address}, notes=warnings)


def refuse_foreign_server(base_url: str, here: str, actor: Actor) -> None:
    """Refuses an address of another server: the platform would post the people's messages and the secret there.

    Args:
        base_url: The address to register.
        here: An address of this server, which also counts, as does the configured one.
        actor: Who registers it; a superuser may register any address.

    Raises:
        OperationError: The address is not of this server.
    """
    own = {urlsplit(here).hostname, urlsplit(settings.CLAWDBOT.web.public_url).hostname}
    if urlsplit(base_url).hostname not in own and not may_reach_private(actor):
        raise OperationError(_("Only a superuser may register the address of another server."))


def _verify(adapter: Adapter[Any], account: Mapping[str, Any], address: str) -> Outcome:
    with http.within(LIMIT_S):
        try:
            identity: BotIdentity | None = adapter.whoami()
        except NotSupported:
            identity = None
        if identity is not None and not identity.id:
            raise SendError(Reason("account_not_named"), mark="bad_response")
        try:
            notes = (*_about_webhook(adapter, address), *map(describe, adapter.examine(address)))
        except SendError as error:
            if identity is None:
                raise
            notes = (describe_error(error),)  # the credentials are still valid
    found = _found(adapter, account, identity)
    if found:
        labels = {described.name: in_language(described.label) for described in adapter.schema.describe()}
        notes = (*notes, _("Filled in: %(fields)s") % {"fields": ", ".join(labels[key] for key in found)})
    return Outcome(True, _who(identity), notes=notes, found=found)


def _found(adapter: Adapter[Any], account: Mapping[str, Any], identity: BotIdentity | None) -> dict[str, str]:
    fills = adapter.schema.guide.fills if identity is not None else {}
    told = {key: str(getattr(identity, attribute)) for key, attribute in fills.items() if not account.get(key)}
    return {key: value for key, value in told.items() if value}


def _who(identity: BotIdentity | None) -> str:
    if identity is None:
        return _("The account is complete; the platform reports no name for it.")
    username = identity.username
    if username and username[0].isalpha():
        username = f"@{username}"
    who = " ".join(part for part in (identity.name, username) if part and part != identity.id)
    if not who:
        return _("The platform knows the account: %(id)s.") % {"id": identity.id}
    return _("The platform knows the account: %(who)s (%(id)s).") % {"who": who, "id": identity.id}


def _about_webhook(adapter: Adapter[Any], address: str) -> tuple[str, ...]:
    """Returns warnings about the webhook that is registered at the platform."""
    try:
        info = adapter.webhook_info()
    except NotSupported:
        return ()
    notes = []
    if not info.url:
        notes.append(_("The platform knows no webhook address yet."))
    elif address and info.url.rstrip("/") not in _accepted(address):
        notes.append(_("The platform posts to another address: %(address)s") % {"address": redact(info.url)})
    if info.last_error:
        notes.append(_("The platform's last error: %(text)s") % {"text": _complaint(info)})
    if info.pending:
        notes.append(_("Events waiting at the platform for delivery: %(n)s.") % {"n": info.pending})
    return tuple(notes)


def _accepted(address: str) -> tuple[str, str]:
    """Returns the channel's own webhook address and the common one."""
    return address, address.rpartition("/")[0]


def _complaint(info: WebhookInfo) -> str:
    return redact(describe(info.last_error))[:200]


def _warnings(adapter: Adapter[Any], address: str) -> tuple[str, ...]:
    try:
        return tuple(map(describe, adapter.examine(address)))
    except SendError as error:
        return (describe_error(error),)


def _failed(platform: str, error: Exception) -> Outcome:
    text = describe_error(error)
    if isinstance(error, SendError):
        return Outcome(False, text, mend_of(platform, error.mark))
    if isinstance(error, CryptoError):
        return Outcome(False, text, _("Enter the credentials again, or restore the keys of this installation."))
    return Outcome(False, text)


def mend_of(platform: str, mark: str) -> str:
    """Returns advice on a failed call, preferably the platform's own; "" when there is none."""
    if platform in registry.platforms() and (own := registry.guide(platform).mends.get(mark)):
        return in_language(own)
    return {
        "not_reached": _("This server does not reach the platform: check its network, proxy and the API address."),
        "no_answer": _("The platform did not answer in time: try again, and check network and API address."),
        "bad_response": _("That is not the platform's answer: check the API address and any proxy in between."),
        "server_error": _("The platform has a failure of its own: try again later."),
        "busy": _("The platform has a failure of its own: try again later."),
        "flood": _("Too many calls: try again in a minute."),
        "unauthorized": _("Copy the credentials again from the platform's console."),
        "token_refused": _("Copy the credentials again from the platform's console."),
        "no_rights": _("Grant the missing permission in the platform's console."),
        "ip_not_trusted": _("Add this server's public address to the platform's list of trusted addresses."),
        "webhook_active": as_typed(
            _("A webhook is registered. Remove it with “manage.py poll --delete-webhook”, or do not poll.")
        ),
        "polled_elsewhere": _("Another process polls with these credentials: stop it, or give it a bot of its own."),
        "connected_elsewhere": _("Another process polls with these credentials: stop it, or give it a bot of its own."),
        "user_blocked": _("The person has blocked the bot; there is nothing to do here."),
    }.get(mark, "")


def _may_post_to(adapter: Adapter[Any], address: str) -> bool:
    # A self-hosted API server may post to plain HTTP addresses in its own network.
    return address.startswith("https://") or adapter.account.elsewhere


def _not_https(channel: Channel, address: str) -> Outcome:
    reason = Reason("only_public_https", address=address)
    _note(channel, reason)
    return Outcome(
        False,
        describe(reason),
        _("Set web.public_url (CLAWDBOT_WEB__PUBLIC_URL) to the https address of this server and start it again."),
    )


def _failed_on(channel: Channel, error: Exception) -> Outcome:
    _note(channel, why(error))
    return _failed(channel.platform, error)


def _note(channel: Channel, reason: Why) -> None:
    Channel.objects.filter(pk=channel.pk).update(
        last_error_at=timezone.now(), **columns("last_error", reason, ERROR_LENGTH)
    )


def _clear_error(channel: Channel) -> None:
    Channel.objects.filter(pk=channel.pk).exclude(last_error_at=None).update(
        last_error_at=None, **columns("last_error", "", ERROR_LENGTH)
    )


def _ensure_secret_token(channel: Channel, actor: Actor) -> None:
    # We choose the token that authenticates the platform's webhooks, so the operator need not invent one.
    names = {field.name for field in registry.account_fields(channel.platform)}
    if _SECRET_TOKEN in names and not channel.credentials.get(_SECRET_TOKEN):
        change_channel(channel, {_SECRET_TOKEN: secrets.token_urlsafe(32)}, actor=actor)
