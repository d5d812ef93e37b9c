"""Rows of backups: the lock that admits one at a time, its heartbeat, and what became of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import IntegrityError, close_old_connections, connection, transaction

from bots.maintenance.backup.errors import BackupError
from bots.models import AuditEntry, BackupRun
from bots.models.lengths import ERROR_LENGTH
from bots.models.sql import clock
from bots.people.audit_log import Actor
from clawdbot.reasons import Reason, Why, columns, raised, why

logger = logging.getLogger(__name__)

BEAT_S = 10.0
DEAD_AFTER = timedelta(minutes=1)
State = BackupRun.State


@contextmanager
def running(actor: Actor, *, scheduled: bool) -> Iterator[BackupRun]:
    """Takes the lock and yields its row; notes at the end that the backup is done or why it failed.

    A failure is logged, shown on the dashboard, in readiness, `doctor` and `/metrics`, and raised.

    Raises:
        BackupError: Another backup is running.
    """
    row = _begin(actor, scheduled)
    stop = threading.Event()
    beat = threading.Thread(target=_beat, args=(row.pk, stop), name="backup heartbeat", daemon=True)
    beat.start()
    try:
        yield row
    except BaseException as error:
        reason = why(error) if isinstance(error, BackupError) else _of(error)
        _failed(row, reason)
        logger.error("backup failed: %s", reason)
        raise
    finally:
        stop.set()
        beat.join(BEAT_S)
    with transaction.atomic():
        row.state, row.finished_at = State.DONE, clock.now()
        row.save()
        AuditEntry.objects.create(
            actor=row.started_by, action=AuditEntry.Action.BACKUP, subject=f"bots.backuprun {row.pk} {row.name}"[:200]
        )
    logger.info("backup %s is done: %s bytes in %s", row.name, row.size, row.place)


def _of(error: BaseException) -> Why:
    if isinstance(error, OSError) and error.strerror:
        return Reason("backup_system_error", why=error.strerror)
    return raised(error) if isinstance(error, Exception) else Reason("backup_interrupted")


def _begin(actor: Actor, scheduled: bool) -> BackupRun:
    now = clock.now()
    dead = BackupRun.objects.filter(state=State.RUNNING, alive_at__lt=now - DEAD_AFTER)
    name = actor if isinstance(actor, str) else actor.get_username()
    interrupted = columns("error", Reason("backup_interrupted"), ERROR_LENGTH)
    try:
        with transaction.atomic():
            dead.update(state=State.FAILED, finished_at=now, **interrupted)
            return BackupRun.objects.create(scheduled=scheduled, started_by=name[:200], started_at=now, alive_at=now)
    except IntegrityError:
        raise BackupError(Reason("backup_running")) from None


def _failed(row: BackupRun, reason: Why) -> None:
    values = {"state": State.FAILED, "finished_at": clock.now(), **columns("error", reason, ERROR_LENGTH)}
    BackupRun.objects.filter(pk=row.pk).update(**values)


def _beat(pk: int, stop: threading.Event) -> None:
    while not stop.wait(BEAT_S):
        try:
            BackupRun.objects.filter(pk=pk).update(alive_at=clock.now())
        except Exception as error:  # the database is away: the backup itself notices
            logger.warning("backup heartbeat: %s", type(error).__name__)
        close_old_connections()
    connection.close()
