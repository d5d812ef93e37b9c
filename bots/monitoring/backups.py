"""How old the latest good backup is, whether the latest one failed, and what a restore holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from bots.i18n.failure_texts import describe_column
from bots.models import BackupRun
from bots.models.sql import clock
from bots.operations import restored

# A daily backup, and the time that it may take.
LATE_AFTER = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Backups:
    """What is known of backups.

    Attributes:
        planned: Whether the settings schedule a daily backup.
        last: The moment that the latest good one holds; None when there is none.
        failed: Why the latest one failed, in the active language; "" when it did not.
        late: Whether a planned backup is missing for more than a day.
    """

    planned: bool
    last: datetime | None
    failed: str
    late: bool

    @property
    def age(self) -> timedelta | None:
        return clock.now() - self.last if self.last is not None else None


def look() -> Backups:
    """Reads the rows of backups."""
    planned = bool(settings.CLAWDBOT.backup.at)
    latest = BackupRun.objects.exclude(state=BackupRun.State.RUNNING).first()
    last: datetime | None = None
    failed = ""
    if latest is not None and latest.state == BackupRun.State.DONE:
        last = latest.made_at
    elif latest is not None:
        done = BackupRun.objects.filter(state=BackupRun.State.DONE).order_by("-made_at")
        last, failed = done.values_list("made_at", flat=True).first(), describe_column(latest, "error")
    old = last is not None and clock.now() - last > LATE_AFTER
    return Backups(planned, last, failed, planned and (old or (last is None and latest is not None)))


def held() -> int:
    """Returns how much a restore holds."""
    return sum(restored.counts().values())
