"""Writing the audit log: one call per act on somebody's data, in the act's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from django.utils.crypto import salted_hmac

from bots.models import AuditEntry, Person

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

# A user of this product, or in words who else it was: `COMMAND`, `HIMSELF`.
Actor: TypeAlias = "AbstractBaseUser | AnonymousUser | str"
Action = AuditEntry.Action
Result = AuditEntry.Result
COMMAND = AuditEntry.COMMAND
HIMSELF = AuditEntry.HIMSELF
# An HMAC salt, not the path of a module. It stays as it is for ever: entries are found by pseudonyms made with it.
_PSEUDONYM_SALT = "bots.audit"


def pseudonym(person: Person) -> str:
    """32 hex digits that stand for a person in the log, and tell nobody who it was once the person is gone."""
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
    """Adds a row to the audit log; joins the caller's transaction.

    Args:
        action: one of `AuditEntry.Action`.
        person: whose data.
        actor: who did it.
        counts: how many rows of each kind; numbers only, never content.
        proof: what a search found afterwards.
        result: one of `AuditEntry.Result`.
    """
    name = actor if isinstance(actor, str) else actor.get_username()
    return AuditEntry.objects.create(
        actor=name[:200],
        action=action,
        bot_id=person.bot_id,
        bot_slug=person.bot.slug,
        person_hash=pseudonym(person),
        counts=dict(counts or {}),
        proof=dict(proof or {}),
        result=result,
    )
