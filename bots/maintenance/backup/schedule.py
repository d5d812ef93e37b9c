"""The daily backup: when it is due, and how old the latest good one is."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from bots.maintenance.backup import creating, passphrases
from bots.models import BackupRun
from clawdbot.errors import ClawdbotError

logger = logging.getLogger(__name__)

ACTOR = "schedule"
# After a failure the next try waits, so that a full disk is not filled again every minute.
_AGAIN_AFTER = timedelta(minutes=30)


def due_at(now: datetime) -> datetime | None:
    """Returns the latest moment before `now` at which a scheduled backup had to be made; None when none is planned."""
    wanted = settings.CLAWDBOT.backup.at
    if not wanted:
        return None
    hour, minute = (int(part) for part in wanted.split(":"))
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    today = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today <= local else today - timedelta(days=1)


def is_due(now: datetime) -> bool:
    """Returns whether the scheduled backup of today, or of yesterday while today's is to come, is missing."""
    moment = due_at(now)
    if moment is None:
        return False
    runs = BackupRun.objects.filter(scheduled=True)
    if runs.filter(state=BackupRun.State.DONE, started_at__gte=moment).exists():
        return False
    return not runs.filter(started_at__gte=max(moment, now - _AGAIN_AFTER)).exists()


def run_due() -> bool:
    """Makes the scheduled backup if it is due; returns whether it was made. A failure is noted and logged."""
    return is_due(timezone.now()) and _run(ACTOR, scheduled=True)


def run_now(actor: str) -> bool:
    """Makes a backup in the background; returns whether it was made. A failure is noted and logged."""
    return _run(actor, scheduled=False)


def _run(actor: str, *, scheduled: bool) -> bool:
    try:
        creating.create(actor, creating.Wish(passphrase=passphrases.of_settings, scheduled=scheduled))
    except ClawdbotError as error:
        logger.error("backup by %s: %s", actor, error)
        return False
    return True
