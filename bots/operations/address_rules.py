"""Decides where requests and stored secrets may go when somebody changes an address.

A secret goes only to the scheme, host and port for which it was entered. Only a superuser may enter an address in a
private network; on the command line everybody is one, because a shell of this machine can do everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from adapters import registry
from adapters.accounts import AccountField
from adapters.errors import AccountError
from bots.access import roles
from bots.models import AuditEntry
from bots.operations.errors import OperationError
from clawdbot.http.addresses import leads_inside, origin
from clawdbot.reasons import Reason

if TYPE_CHECKING:
    from bots.people.audit_log import Actor


def may_reach_private(actor: Actor) -> bool:
    """Returns whether this actor may enter addresses of private networks."""
    return actor == AuditEntry.COMMAND if isinstance(actor, str) else roles.is_superuser(actor)


# Rows with an endpoint and a key: model providers, the embedder


def check_endpoint(old: str, new: str, actor: Actor, *, keeps_key: bool) -> bool | None:
    """Checks a changed endpoint.

    Args:
        old: The stored endpoint; "" for a new row.
        new: The endpoint to store.
        actor: Who changes it.
        keeps_key: Whether a stored key would be used with the new endpoint.

    Returns:
        The new value of `public_only`; None when the host is the same, and the value stays.

    Raises:
        OperationError: The key has to be entered again, or only a superuser may enter this address.
    """
    if origin(old) == origin(new):
        return None
    if keeps_key:
        raise OperationError(_("The endpoint names another server: enter the API key again, or remove it."))
    if may_reach_private(actor):
        return False
    if new and leads_inside(new):
        raise OperationError(_("The endpoint is in a private network: only a superuser may enter it."))
    return True


# Configurations of skills


def any_private(addresses: Iterable[str]) -> bool:
    """Returns whether one of these addresses or host names is, or resolves now to, an address that is not public."""
    hosts = (one for one in addresses if not (one.isdecimal() and int(one) < 65536))  # a port names no host
    return any(leads_inside(host if "://" in host else f"http://{host}") for host in hosts)


# Accounts of channels


def check_account(
    platform: str, before: Mapping[str, Any], after: Mapping[str, Any], entered: Collection[str], actor: Actor
) -> bool | None:
    """Checks the addresses of a changed account.

    Args:
        platform: Name in the adapter registry.
        before: The stored account; {} for a new channel.
        after: The account to store.
        entered: Keys whose values were entered now.
        actor: Who changes it.

    Returns:
        The new value of `public_only`; None when no address changed, and the value stays.

    Raises:
        AccountError: Secrets have to be entered again, or only a superuser may enter an address. Names the keys.
    """
    fields = registry.account_fields(platform)
    moved = [field for field in fields if field.address and _moved(field, before, after)]
    if not moved:
        return None
    held = [field.name for field in fields if field.secret and before.get(field.name) and after.get(field.name)]
    if again := [name for name in held if name not in entered]:
        raise AccountError(problems=dict.fromkeys(again, Reason("enter_again")))
    if may_reach_private(actor):
        return False
    if private := [field.name for field in moved if _is_private(after.get(field.name))]:
        raise AccountError(problems=dict.fromkeys(private, Reason("address_private")))
    return True


def _moved(field: AccountField, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    old, new = before.get(field.name), after.get(field.name)
    if field.kind == "list":
        return not set(new or ()) <= set(old or ())
    if not new and field.name != "base_url":
        return False  # nothing is sent to an address that is gone; without a base URL, the platform's own is used
    return origin(str(old or "")) != origin(str(new or ""))


def _is_private(value: Any) -> bool:
    if isinstance(value, str):
        return leads_inside(value)
    return any(leads_inside(f"http://{host}") for host in value or () if not host.startswith("."))
