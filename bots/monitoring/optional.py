"""Figures that an installation may not have: without a plan of backups, for one, nothing is exported.

To add one: write a function here that yields samples, and name it in `bots.monitoring.readings.READINGS`. A condition
of `bots.monitoring.conditions` may then watch the figure.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Max, Min

from bots.models import BackupRun
from bots.models.sql import clock
from bots.monitoring import backups, certificates
from bots.monitoring.leases import held_by_kind

Samples = Iterator[tuple[tuple[str, ...], float]]


def backup_age() -> Samples:
    """Yields the seconds since the moment that the latest good backup holds; since the first try if none succeeded.

    Only where a daily backup is scheduled: of one that was made by hand nobody expects the next.
    """
    if not settings.CLAWDBOT.backup.at:
        return
    runs = BackupRun.objects.order_by()
    made = runs.filter(state="done").aggregate(at=Max("made_at"))["at"]
    since = made or runs.aggregate(at=Min("started_at"))["at"]
    if since is not None:
        yield (), max((clock.now() - since).total_seconds(), 0.0)


def leases_held() -> Samples:
    """Yields for each kind of duty how many of them a process does now; 0: nobody does it."""
    yield from (((duty,), float(count)) for duty, count in held_by_kind().items())


def held_after_restore() -> Samples:
    """Yields the number of rows that a restore holds."""
    yield (), float(backups.held())


def certificate() -> Samples:
    """Yields the seconds until the certificate of `web.public_url` expires, as beat has last seen it."""
    yield from (((host,), seconds) for host, seconds in certificates.known().items())
