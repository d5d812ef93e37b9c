"""Figures that an installation may not have: without a plan of backups, for one, nothing is exported.

To add one: write a function here that yields samples, and name it in `bots.monitoring.readings.READINGS`. A condition
of `bots.monitoring.conditions` may then watch the figure.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Max, Min, Q

from bots.models import BackupRun, Lease, RetentionRule
from bots.models.sql import clock
from bots.monitoring import backups, certificates
from bots.monitoring.leases import held_by_kind

RETENTION = "bots.retention"  # the duty of its run
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


def retention_age() -> Samples:
    """Yields the seconds since the latest whole run of the retention ended; since the first try if none did.

    A run that is going on is not late: the seconds count from its beginning.
    """
    ended = RetentionRule.objects.filter(kind=RetentionRule.WITHOUT_DAYS).values_list("run_at", flat=True).first()
    now = clock.now()
    runs = Lease.objects.filter(pk=RETENTION, released_at=None, expires_at__gt=now)
    begun = runs.values_list("acquired_at", flat=True).first()
    since = max((moment for moment in (ended, begun) if moment is not None), default=None)
    if ended is not None and since is not None:
        yield (), max((now - since).total_seconds(), 0.0)


def retention_failing() -> Samples:
    """Yields for each kind of rows that the retention has come to whether the latest run could not delete it."""
    rows = RetentionRule.objects.order_by("kind").filter(Q(run_at__isnull=False) | Q(failed_at__isnull=False))
    for kind, failed_at in rows.values_list("kind", "failed_at"):
        yield (kind,), float(failed_at is not None)


def leases_held() -> Samples:
    """Yields for each kind of duty how many of them a process does now; 0: nobody does it."""
    yield from (((duty,), float(count)) for duty, count in held_by_kind().items())


def held_after_restore() -> Samples:
    """Yields the number of rows that a restore holds."""
    yield (), float(backups.held())


def certificate() -> Samples:
    """Yields the seconds until the certificate of `web.public_url` expires, as beat has last seen it."""
    yield from (((host,), seconds) for host, seconds in certificates.known().items())
