"""Allows and refuses tool calls that wait for an operator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from bots.operations.configuration_log import Action, record
from bots.pipeline.dispatch import decisions
from skills import journal
from skills.models import ToolCall

if TYPE_CHECKING:
    from bots.people.audit_log import Actor


def decide(ids: Iterable[int], *, allowed: bool, actor: Actor) -> int:
    """Allows or refuses these calls; their turns go on at once.

    Args:
        ids: The calls; those that wait for no operator, or no longer, are left alone.
        allowed: Whether they may be made.
        actor: Who decides, for the audit log.

    Returns:
        The number of calls that were decided about.
    """
    name = actor if isinstance(actor, str) else actor.get_username()
    decided = 0
    waiting = ToolCall.objects.waiting().filter(pk__in=list(ids), asked=journal.OPERATOR).select_related("bot")
    for call in waiting:
        with transaction.atomic():
            if not journal.decide(call, allowed=allowed, by=name, now=timezone.now()):
                continue
            record(Action.CHANGED, call, actor, ["allowed" if allowed else "refused"])
            decisions.enqueue(call)
            decided += 1
    return decided


def expire_due() -> int:
    """Closes calls about which nobody decided in time; returns how many."""
    return decisions.expire_due(timezone.now())
