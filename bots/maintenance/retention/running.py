"""Deletes what is older than its days: in batches of short transactions, led by a lease, with a pause after each batch.

Each batch is committed by itself, so a run that is killed loses nothing: the next one goes on behind what is gone. The
moment that rows go by is fixed when the run begins, so a run comes to an end while new rows come in. A kind that fails
keeps no other from being deleted.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bots.leases import duties
from bots.leases.held import Held
from bots.maintenance.retention import rules, stray_files
from bots.maintenance.retention.errors import RetentionError
from bots.maintenance.retention.kinds import BATCH, FOR_EVER, Kind, Part
from bots.models import AuditEntry, RetentionRule
from bots.models.lengths import ERROR_LENGTH
from bots.operations.configuration_log import COMMAND
from bots.people.audit_log import Actor
from clawdbot.leadership import LeadershipLost
from clawdbot.reasons import columns, raised

logger = logging.getLogger(__name__)

DUTY = "bots.retention"
SCHEDULE = "schedule"
PAUSE_S = 0.05
# Rows that may not go are looked at again after this time; in between a run begins behind them.
PASS = timedelta(days=1)
SESSIONS, UNUSED, STRAY = "sessions", "unused_files", "stray_files"  # what goes without days


def run(
    actor: Actor = SCHEDULE, only: Collection[str] = (), now: datetime | None = None, *, anew: bool = True
) -> dict[str, int]:
    """Deletes what is too old; returns the number of deleted rows by kind, without those of which none went.

    Args:
        actor: Who is named in the audit log.
        only: Keys of kinds; empty: all, and what goes without days.
        now: The present.
        anew: Look at all rows. The schedule looks at rows that could not go only once a day.

    Raises:
        RetentionError: Another process is at it.
        Exception: What has kept the first kind that failed; the others are done.
    """
    with duties.lead(DUTY) as lease:
        if lease is None:
            raise RetentionError(_("Another process deletes old rows now. Try again when it is done."))
        return _run(lease, actor, only, now or timezone.now(), anew)


def run_scheduled() -> None:
    """Runs it for the schedule; does nothing while another process is at it. Never raises."""
    try:
        run(anew=False)
    except RetentionError:
        logger.info("retention: another process is at it")
    except LeadershipLost as lost:
        logger.warning("retention: broken off: %s", lost)
    except Exception as error:  # a full disk, a database that is away: the next run goes on
        logger.exception("retention: broken off: %s", type(error).__name__)


def _run(lease: Held, actor: Actor, only: Collection[str], now: datetime, anew: bool) -> dict[str, int]:
    done: Counter[str] = Counter()
    failures: list[Exception] = []
    if not only:  # until a run has ended well, its age counts from the first try
        RetentionRule.objects.get_or_create(kind=RetentionRule.WITHOUT_DAYS, defaults={"run_at": timezone.now()})
    try:
        for key, (kind, row) in rules.with_rows().items():
            if (only and key not in only) or rules.kind_days(kind, row) == FOR_EVER:
                continue
            with _kept_in(failures, key):
                begins = anew or row.pass_at is None or now - row.pass_at >= PASS
                _clear(kind, row, now, begins, lease, done)
        if not only:
            with _kept_in(failures, RetentionRule.WITHOUT_DAYS):
                _clear_without_days(now, lease, done)
    finally:
        _note(+done, actor)
    if failures:
        raise failures[0]
    return dict(+done)


@contextmanager
def _kept_in(failures: list[Exception], key: str) -> Iterator[None]:
    """Notes a failure in the row of its kind, for the alarm and for people, and goes on."""
    try:
        yield
    except LeadershipLost:
        raise
    except Exception as error:
        failures.append(error)
        logger.warning("retention: %s could not be deleted: %s", key, type(error).__name__)
        row, _made = RetentionRule.objects.get_or_create(kind=key)
        failed = columns("error", raised(error), ERROR_LENGTH)
        RetentionRule.objects.filter(pk=row.pk).update(failed_at=timezone.now(), **failed)


def _clear_without_days(now: datetime, lease: Held, done: Counter[str]) -> None:
    done[SESSIONS] += _expired_sessions(now, lease)
    done[UNUSED] += stray_files.delete_unused(now, lease.check)
    done[STRAY] += stray_files.delete_stray(now, lease.check)
    # The end, not the beginning: a run that takes long is not late.
    rows = RetentionRule.objects.filter(kind=RetentionRule.WITHOUT_DAYS)
    rows.update(run_at=timezone.now(), **rules.NO_FAILURE)


def _note(done: Counter[str], actor: Actor) -> None:
    if done:
        who = actor if isinstance(actor, str) else actor.get_username()
        AuditEntry.objects.create(
            actor=who[:200], action=AuditEntry.Action.PURGE, subject="bots.retention", counts=dict(done)
        )
        logger.info("retention: deleted %s", dict(done))


def _clear(kind: Kind, row: RetentionRule, now: datetime, anew: bool, lease: Held, done: Counter[str]) -> None:
    """Deletes the old rows of a kind and notes the run in its row. anew: Begins with the first row."""
    before = now - timedelta(days=rules.kind_days(kind, row))
    cursors = {} if anew else dict(row.cursors)
    for part in kind.parts:
        cursors[part.label] = _clear_part(kind, part, before, cursors.get(part.label, 0), lease, done)
    deleted = done[kind.key]
    seen = {"days": row.days} if row.pk else {}
    with transaction.atomic():
        kept, _made = RetentionRule.objects.get_or_create(kind=kind.key)
        mine = RetentionRule.objects.filter(pk=kept.pk)
        in_all = kept.deleted_in_all + deleted
        mine.update(run_at=now, deleted=deleted, deleted_in_all=in_all, **rules.NO_FAILURE)
        # When the days were changed meanwhile, the next run has to look at all rows.
        mine.filter(**seen).update(cursors=cursors, pass_at=now if anew else row.pass_at)


def _clear_part(kind: Kind, part: Part, before: datetime, cursor: int, lease: Held, done: Counter[str]) -> int:
    """Deletes the old rows of a table behind an id; returns the id of the last one that it looked at."""
    database = router.db_for_write(part.model)
    while True:
        lease.check()
        began = time.monotonic()
        window = list(
            part.rows.using(database).filter(pk__gt=cursor).values_list("pk", part.age)[: max(part.batch, BATCH // 5)]
        )
        old = [pk for pk, age in window if age < before][: part.batch]
        if not old:
            return cursor
        deleted = _delete(part, old, before, database)
        done[kind.key] += deleted
        cursor = old[-1]
        if deleted:
            # Others get at least as much time as the batch took.
            time.sleep(max(PAUSE_S, time.monotonic() - began))


def _delete(part: Part, ids: list[int], before: datetime, database: str) -> int:
    with transaction.atomic(using=database):
        rows = part.rows.using(database).filter(pk__in=ids).filter(part.finished(before))
        going = list(rows.values_list("pk", flat=True))
        if not going:
            return 0
        mine = part.rows.using(database).order_by().filter(pk__in=going)
        _all, by_model = (mine if part.whole else mine.only("pk")).delete()
    return by_model.get(part.model._meta.label, 0)


def _expired_sessions(now: datetime, lease: Held) -> int:
    """Deletes log-ins of the admin and of visitors that have expired."""
    deleted = 0
    while True:
        lease.check()
        expired = Session.objects.filter(expire_date__lt=now).order_by("expire_date")
        keys = list(expired.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return deleted
        deleted += Session.objects.filter(pk__in=keys).delete()[0]
        time.sleep(PAUSE_S)


__all__ = ["COMMAND", "DUTY", "SCHEDULE", "run", "run_scheduled"]
