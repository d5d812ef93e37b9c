"""Log-ins of the team: their rows in the audit log, and the release of a lock."""

from __future__ import annotations

import unicodedata

from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.crypto import salted_hmac

from bots.people import audit_log
from bots.people.audit_log import Action, Actor, Result

_UNKNOWN = "unknown "
_UNKNOWN_SALT = "bots.logins.unknown"


def counted_name(typed: str) -> str:
    """Returns the user name of an attempt, as attempts are counted and logged.

    A name that no user has becomes a keyed hash: people type passwords into the wrong field.
    """
    name = unicodedata.normalize("NFKC", typed).replace("\x00", "").strip()[:150]
    if name and get_user_model()._default_manager.filter(username=name).exists():
        return name
    return _UNKNOWN + salted_hmac(_UNKNOWN_SALT, name, algorithm="sha256").hexdigest()[:16]


def logged_in(name: str, address: str) -> None:
    _note(Action.LOGIN, name, address)


def logged_out(name: str, address: str) -> None:
    _note(Action.LOGOUT, name, address)


def failed(name: str, address: str, *, locked: bool) -> None:
    """Notes a wrong password.

    Args:
        name: From `counted_name`.
        address: The network address; "" when it is unknown.
        locked: This failure locked the name for the address.
    """
    _note(Action.LOGIN, name, address, Result.FAILED)
    if locked:
        _note(Action.LOCK, name, address, Result.FAILED)


def unlock(name: str, actor: Actor) -> int:
    """Forgets the failed log-ins of a user from every address; returns how many addresses and browsers were counted."""
    with transaction.atomic():
        deleted, _by_model = AccessAttempt.objects.filter(username=name).delete()
        if deleted:
            audit_log.record_login(Action.UNLOCK, actor, name)
    return int(deleted)


def _note(action: str, name: str, address: str, result: str = Result.DONE) -> None:
    actor = audit_log.UNKNOWN if name.startswith(_UNKNOWN) else name
    audit_log.record_login(action, actor, address, result)
