"""Keeps the tables of reminders small and their derived times right; once a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from bots.models import Occurrence, Schedule
from bots.models.sql import clock

KEPT = timedelta(days=90)  # what is over, and what was delivered
_BATCH = 500


def run() -> None:
    """Derives the next times anew, for the zones' rules may have changed, and deletes what is long over."""
    now = clock.now()
    derive(now)
    delete_old(now - KEPT)


def derive(now: datetime) -> int:
    """Corrects `next_at` of active reminders whose zone has other rules than when it was derived; returns how many.

    What is due, or held back, stays as it is.
    """
    corrected, last = 0, 0
    while True:
        coming = Schedule.objects.filter(state=Schedule.State.ACTIVE, next_at__gt=now, pk__gt=last)
        batch = list(coming.order_by("pk")[:_BATCH])
        if not batch:
            return corrected
        for row in batch:
            last, occurrence = row.pk, row.occurrence
            if occurrence is None or (due := occurrence - row.before) <= now or due == row.next_at:
                continue
            with transaction.atomic():
                same = Schedule.objects.filter(pk=row.pk, next_at=row.next_at, state=Schedule.State.ACTIVE)
                corrected += same.update(next_at=due)


def delete_old(before: datetime) -> int:
    """Deletes deliveries and finished reminders of before that moment, in batches; returns how many rows."""
    old = Occurrence.objects.filter(at__lt=before)
    over = Schedule.objects.filter(state__in=("done", "cancelled", "stopped"), created_at__lt=before)
    over = over.exclude(last_at__gte=before)
    deleted = 0
    for rows in (old, over):
        while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
            deleted += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return deleted
