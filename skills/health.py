"""Counts failures of skills in a row. A skill that keeps failing is switched off for the bot until somebody looks."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from skills.models import ERROR_LENGTH, SkillHealth

MOST_FAILURES = 5


def failed(bot_id: int, skill_id: int, error: str) -> bool:
    """Counts a failure at once, in a transaction of its own. Returns True when it switches the skill off."""
    with transaction.atomic():
        row, _made = SkillHealth.objects.select_for_update().get_or_create(bot_id=bot_id, skill_id=skill_id)
        row.failures += 1
        row.error = error[:ERROR_LENGTH]
        stops = row.failures >= MOST_FAILURES and row.stopped_at is None
        if stops:
            row.stopped_at = timezone.now()
        row.save(update_fields=["failures", "error", "stopped_at", "updated_at"])
    return stops


def worked(bot_id: int, skill_id: int) -> None:
    """Ends a row of failures. Call it only for a skill that has failed lately: it is a query."""
    SkillHealth.objects.filter(bot_id=bot_id, skill_id=skill_id, stopped_at=None).delete()


def switch_on(bot_id: int, skill_id: int) -> bool:
    """Lets a skill that was switched off run again. Returns False if it was not."""
    return bool(SkillHealth.objects.filter(bot_id=bot_id, skill_id=skill_id).delete()[0])
