"""Writes changes of the set-up to the audit log: who changed which fields of what. Never a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from bots.models import AuditEntry, Bot

if TYPE_CHECKING:
    from bots.people.audit_log import Actor

Action = AuditEntry.Action
COMMAND = AuditEntry.COMMAND
_SUBJECT = 200


def record(action: str, row: Model, actor: Actor, names: Iterable[str] = ()) -> None:
    """Inserts a row into the audit log, in the caller's transaction.

    Args:
        action: `Action.ADDED`, `CHANGED` or `REMOVED`.
        row: What was changed; saved, or about to be deleted.
        actor: A user, or `COMMAND`.
        names: Names of the changed fields, for instance "endpoint".
    """
    bot = row if isinstance(row, Bot) else getattr(row, "bot", None)
    AuditEntry.objects.create(
        actor=(actor if isinstance(actor, str) else actor.get_username())[:_SUBJECT],
        action=action,
        bot_id=getattr(bot, "pk", None),
        bot_slug=str(getattr(bot, "slug", "")),
        subject=f"{row._meta.label_lower} {row.pk} {row}"[:_SUBJECT],
        field_names=sorted(set(map(str, names))),
    )


def record_setting(action: str, name: str, actor: Actor) -> None:
    """Inserts a row about a setting that is no row of its own, such as "model_server.model_file"."""
    who = actor if isinstance(actor, str) else actor.get_username()
    AuditEntry.objects.create(actor=who[:_SUBJECT], action=action, subject=name, field_names=[name.rpartition(".")[2]])


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Returns the names of the values that differ."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
