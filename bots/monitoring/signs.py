"""Looks at what the product stands on: worker processes, broker, beat, disk, chats that nobody answers.

Readiness, doctor and dashboard share these, so that they agree.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min
from django_celery_beat.models import PeriodicTask

from bots.models import InboundEvent, OutboundMessage, Worker
from bots.models.sql import clock
from bots.pipeline import inbox, outbox
from clawdbot import redis_address

FRESH = timedelta(seconds=30)
BEAT_LATE = timedelta(seconds=60)
STUCK_AFTER = timedelta(minutes=2)
SWEEP = "bots.sweep"
LEAST_FREE_BYTES = 500 * 2**20
LEAST_FREE_SHARE = 0.05
# Below this the database may refuse the next message.
FULL_BYTES = 20 * 2**20
_BROKER_S = 2.0
_LOOK_AT = 50


@dataclass(frozen=True, slots=True)
class Disk:
    """Space of the disk that holds CLAWDBOT_HOME, in bytes."""

    free: int
    total: int

    @property
    def low(self) -> bool:
        """Less than 500 MB, or on a small disk less than 5 %."""
        return self.free < min(LEAST_FREE_BYTES, self.total * LEAST_FREE_SHARE)

    @property
    def full(self) -> bool:
        return self.free < FULL_BYTES


def fresh_workers() -> int:
    """Returns the number of processes with a fresh heartbeat that take turns."""
    fresh = Worker.objects.filter(beat_at__gt=clock.now() - FRESH)
    config = settings.CLAWDBOT
    if config.worker.processes or config.redis_url:
        fresh = fresh.filter(role="worker")  # otherwise the web process takes them
    return fresh.count()


def broker_failure() -> str:
    """Returns why Redis does not answer; "" when it answers or none is configured."""
    url = settings.CLAWDBOT.redis_url
    if not url:
        return ""
    import redis

    try:
        with redis_address.connect(url, socket_timeout=_BROKER_S, socket_connect_timeout=_BROKER_S) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        return type(error).__name__
    return ""


def beat_age() -> timedelta | None:
    """Returns the time since beat last ran the sweep; None when it never did. The scheduler notes it."""
    last: datetime | None = PeriodicTask.objects.filter(name=SWEEP).values_list("last_run_at", flat=True).first()
    return clock.now() - last if last is not None else None


def disk() -> Disk:
    """Returns the space of the disk of CLAWDBOT_HOME."""
    usage = shutil.disk_usage(settings.CLAWDBOT.home)
    return Disk(usage.free, usage.total)


def stuck() -> tuple[int, timedelta]:
    """Returns how many chats (50 at most per queue) a worker could serve and none does, and the longest wait."""
    now = clock.now()
    count, longest = 0, timedelta(0)
    for model, queue in ((InboundEvent, inbox), (OutboundMessage, outbox)):
        ids = [row_id for row_id, _platform in queue.due(_LOOK_AT)]
        late = model._default_manager.order_by().filter(pk__in=ids, due_at__lt=now - STUCK_AFTER)
        dues = list(late.values_list("due_at", flat=True)) if ids else []
        count += len(dues)
        longest = max([longest, *(now - due for due in dues)])
    return count, longest


def oldest_unsent() -> tuple[int, timedelta, str]:
    """Returns the number of messages that wait to be sent, the age of the oldest and its last error."""
    waiting = OutboundMessage.objects.open().order_by()
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    if oldest is None:
        return 0, timedelta(0), ""
    row = waiting.exclude(error="").order_by("id").first()
    return waiting.count(), clock.now() - oldest, row.error if row is not None else ""
