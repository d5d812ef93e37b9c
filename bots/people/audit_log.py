"""Writes the audit log: one call per act on somebody's data, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from django.utils.crypto import salted_hmac

from bots.models import AuditEntry, Person

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

# A user of this product, or the name of another actor: `COMMAND`, `HIMSELF`.
Actor: TypeAlias = "AbstractBaseUser | AnonymousUser | str"
Action = AuditEntry.Action
Result = AuditEntry.Result
COMMAND = AuditEntry.COMMAND
HIMSELF = AuditEntry.HIMSELF
UNKNOWN = AuditEntry.UNKNOWN
PLATFORM = AuditEntry.PLATFORM
# An HMAC salt, not a module path. Never change it: stored pseudonyms were made with it.
_PSEUDONYM_SALT = "bots.audit"


def pseudonym(person: Person) -> str:
    """Returns 32 hex digits that stand for the person in the log and reveal nothing once the person is erased."""
    return salted_hmac(_PSEUDONYM_SALT, f"{person.bot_id}:{person.key}", algorithm="sha256").hexdigest()[:32]


def record(
    action: str,
    person: Person,
    actor: Actor,
    *,
    counts: Mapping[str, int] | None = None,
    proof: Mapping[str, Any] | None = None,
    result: str = Result.DONE,
) -> AuditEntry:
    """Inserts a row into the audit log, in the caller's transaction.

    Args:
        action: One of `AuditEntry.Action`.
        person: The person whose data it is.
        actor: Who acted.
        counts: Number of rows by kind; numbers only, never content.
        proof: What a search found afterwards.
        result: One of `AuditEntry.Result`.
    """
    return AuditEntry.objects.create(
        actor=_name(actor),
        action=action,
        bot_id=person.bot_id,
        bot_slug=person.bot.slug,
        person_hash=pseudonym(person),
        counts=dict(counts or {}),
        proof=dict(proof or {}),
        result=result,
    )


def record_login(action: str, actor: Actor, subject: str, result: str = Result.DONE) -> AuditEntry:
    """Inserts the row of a log-in, log-out, lock or unlock, in the caller's transaction.

    Args:
        action: One of `AuditEntry.Action`.
        actor: Who tried to log in or out, or who unlocked.
        subject: The network address; for an unlock, the user's name.
        result: One of `AuditEntry.Result`.
    """
    return AuditEntry.objects.create(actor=_name(actor), action=action, subject=subject[:200], result=result)


def _name(actor: Actor) -> str:
    return (actor if isinstance(actor, str) else actor.get_username())[:200]
