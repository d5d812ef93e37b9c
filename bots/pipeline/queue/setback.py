"""Corrects the queues after the clock was set back.

Their rows hold times of the clock before, so a row that is due at once would be due in an hour. Every process writes
its time every five seconds: a heartbeat in the future shows that the clock was set back, and by how much.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max

from bots.models import InboundEvent, OutboundMessage, WaitingMemory, Worker
from bots.models.sql import clock

logger = logging.getLogger(__name__)

# Clocks are adjusted by less all the time, and a wait of this length does no harm.
TOLERANCE = timedelta(seconds=30)


def correct() -> bool:
    """Moves all waits into the present time if a heartbeat lies in the future. Returns whether one did."""
    if not Worker.objects.filter(beat_at__gt=clock.now() + TOLERANCE).exists():
        return False
    with transaction.atomic():
        now = clock.now()
        # The lock makes one process do it; the others then find no heartbeat in the future.
        ahead = list(Worker.objects.select_for_update().filter(beat_at__gt=now + TOLERANCE))
        if not ahead:
            return False
        _move(now, max(worker.beat_at for worker in ahead) - now)
        Worker.objects.filter(pk__in=[worker.pk for worker in ahead]).update(beat_at=now)
    return True


def correct_at_start() -> bool:
    """Does the same by the newest waiting rows: after an orderly stop there is no heartbeat."""
    if correct():
        return True
    now = clock.now()
    received = InboundEvent.objects.open().aggregate(newest=Max("received_at"))["newest"]
    created = OutboundMessage.objects.open().aggregate(newest=Max("created_at"))["newest"]
    newest = max((moment for moment in (received, created) if moment is not None), default=now)
    if newest <= now + TOLERANCE:
        return False
    with transaction.atomic():
        _move(now, newest - now)
    return True


def _move(now: datetime, back: timedelta) -> None:
    logger.warning("the clock was set back by %s: the waits of both queues follow", back)
    for rows in (InboundEvent.objects.open(), OutboundMessage.objects.open(), WaitingMemory.objects.all()):
        rows.filter(due_at__gt=now).update(due_at=F("due_at") - back)
    for held in (InboundEvent.objects.open(), OutboundMessage.objects.open()):
        held.filter(claimed_at__gt=now).update(claimed_at=F("claimed_at") - back)
