"""Finds the reminders that are due, for the sweep."""

from __future__ import annotations

from datetime import timedelta

from bots.models import Schedule
from bots.models.sql import clock
from bots.pipeline.queue import wakeups

AHEAD = timedelta(seconds=6)  # a second more than lies between two sweeps
AT_ONCE = 500  # of one sweep; the next one takes the others


def wake_due() -> int:
    """Wakes a worker for each reminder that is due before the next sweep, at its moment. Returns their number."""
    now = clock.now()
    coming = Schedule.objects.filter(state=Schedule.State.ACTIVE, next_at__lte=now + AHEAD)
    rows = coming.order_by("next_at").values_list("pk", "next_at", "channel__platform")[:AT_ONCE]
    for pk, next_at, platform in rows:
        wakeups.send(wakeups.REMIND, pk, platform, in_s=max(0.0, (next_at - now).total_seconds()))
    return len(rows)
