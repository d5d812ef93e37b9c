"""Beat's scheduler: seeds schedules from the settings once, and survives outages and a clock that is set back.

Of all beats one sends tasks, by a lease; the others wait for it. Before a task is sent, its run is stored under the
condition that nobody has stored a later one, so a beat that was paused, or whose lease was taken, sends none twice.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from celery import Celery, schedules
from django.db import close_old_connections, connection
from django.db.models import F
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from bots.leases import duties, held
from bots.models.sql import clock

logger = logging.getLogger(__name__)

AGAIN_AFTER_S = 2.0
SWEEP = "bots.sweep"
NOTE_EVERY_S = 10.0
# Adjustments below this do not matter to any schedule.
CLOCK_TOLERANCE_S = 2.0
# In a database file the runs of more frequent tasks are not stored one by one: one beat at a time runs on a home, and
# after a kill such a task comes a few seconds early.
FREQUENT = timedelta(minutes=1)


class SeededEntry(ModelEntry):
    """A schedule from the settings. Does not overwrite a row with the same name.

    Attributes:
        stored: The last run as the database has it, unless it is not stored run by run.
    """

    def __init__(self, model: PeriodicTask, app: Celery | None = None) -> None:
        self.stored: datetime | None = model.last_run_at
        super().__init__(model, app)
        # All beats count with the clock of the database, so that one whose clock differs repeats nothing.
        zone = getattr(self.schedule, "tz", None)
        self.schedule.nowfun = clock.now if zone is None else lambda: clock.now().astimezone(zone)

    @classmethod
    def from_entry(cls, name: str, app: Celery | None = None, **entry: Any) -> SeededEntry:
        # The base class overwrites the row at each start of beat, and with it changes made in the admin.
        row = PeriodicTask.objects.filter(name=name).first()
        if row is None:
            row, _made = PeriodicTask.objects.get_or_create(name=name, defaults=cls._unpack_fields(**entry))
        return cls(row, app=app)

    def is_due(self) -> Any:
        """Returns whether the task is due and when to look again. The last run never lies in the future."""
        # After the clock was set back by an hour, a task of every five seconds would be due in an hour.
        self.last_run_at: datetime = min(self.last_run_at, self._default_now())
        return super().is_due()

    @property
    def is_stored(self) -> bool:
        """Whether each run is stored before it is sent."""
        if connection.vendor != "sqlite":
            return True
        every = getattr(self.schedule, "run_every", None)
        return not (type(self.schedule) is schedules.schedule and every is not None and every < FREQUENT)

    def store_run(self, expected: datetime | None) -> bool:
        """Stores this run as the last one. Returns False when the stored one is another than `expected`."""
        row = PeriodicTask.objects.filter(pk=self.model.pk, last_run_at=expected)
        return bool(row.update(last_run_at=self.model.last_run_at, total_run_count=F("total_run_count") + 1))

    def _default_now(self) -> datetime:
        return clock.now().astimezone(self.app.timezone)


class SeededScheduler(DatabaseScheduler):
    """django-celery-beat's scheduler with seeded rows that it never overwrites. No error ends it."""

    Entry = SeededEntry
    _offset_s: float | None = None
    _noted_at = float("-inf")
    _lease: held.Held | None = None
    _may_send = True

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Sends one due task, if this beat leads. Returns the seconds until the next call, also after an error."""
        self._follow_the_clock()
        try:
            if not self._leads():
                return held.TRY_EVERY_S
            wait_s = float(super().tick(*args, **kwargs))
            self._note_last_sweep()
            return min(wait_s, held.timing().renew_s)
        except Exception:  # a database or broker that is away must not end beat
            logger.exception("beat: a pass failed, again in %.0f s", AGAIN_AFTER_S)
            close_old_connections()
            return AGAIN_AFTER_S

    def reserve(self, entry: SeededEntry) -> SeededEntry:
        """Takes the next run of a due task. `apply_entry` sends it only if it could be stored as the last one."""
        expected = entry.stored
        following: SeededEntry = super().reserve(entry)
        self._may_send = self._lease is not None and self._lease.holds()
        if following.is_stored:
            self._dirty.discard(following.name)
            self._may_send = self._may_send and following.store_run(expected)
        return following

    def apply_entry(self, entry: SeededEntry, producer: Any = None) -> None:
        """Sends a task; if its run was stored by another beat, or changed by hand, reads the schedule again instead."""
        if self._may_send:
            super().apply_entry(entry, producer=producer)
            return
        logger.warning("beat: %s is not sent, its last run has changed meanwhile", entry.name)
        self._read_again()

    def close(self) -> None:
        """Gives the lease back, so that another beat goes on at once."""
        held.leave()
        super().close()

    def _leads(self) -> bool:
        """Returns whether this beat leads; tries to, if no other does."""
        lease = self._lease
        if lease is not None and lease.is_due:
            held.renew(lease)
        if lease is not None and lease.holds():
            return True
        if lease is not None:
            logger.warning("beat: another one may lead now, this one waits")
        self._lease = held.take(duties.BEAT, by_work=True)
        if self._lease is not None:
            logger.info("beat: leads from now on (token %s)", self._lease.token)
            self._read_again()
        return self._lease is not None

    def _read_again(self) -> None:
        """Plans with the schedules as the database has them: another beat has stored runs meanwhile."""
        self._dirty.clear()
        self._initial_read, self._heap = True, None

    def _note_last_sweep(self) -> None:
        """Stores the last run of the sweep, by which readiness sees that beat lives."""
        entry = (self._schedule or {}).get(SWEEP)
        if entry is None or entry.is_stored or time.monotonic() - self._noted_at < NOTE_EVERY_S:
            return
        # Runs are counted on the model, which all entries of a task share; the entry stays as it was read.
        # An update sends no signal, so the schedule does not count as changed.
        PeriodicTask.objects.filter(name=SWEEP).update(last_run_at=entry.model.last_run_at)
        self._noted_at = time.monotonic()

    def _do_sync(self) -> None:
        try:
            super()._do_sync()
        except Exception:  # written at the next synchronization
            logger.exception("beat: the last runs were not stored")
            close_old_connections()

    def _ensure_connected(self) -> Any:
        """Returns the connection once the broker answers; tries every `AGAIN_AFTER_S`, without an end."""

        def failed(error: Exception, interval: float) -> None:
            logger.error("beat: the broker cannot be reached, again in %.0f s: %s", interval, type(error).__name__)

        return self.connection.ensure_connection(
            failed, max_retries=None, interval_start=AGAIN_AFTER_S, interval_step=0, interval_max=AGAIN_AFTER_S
        )

    def _follow_the_clock(self) -> None:
        """Plans all tasks anew when the clock was set: the plan holds times of the old clock."""
        offset_s = time.time() - time.monotonic()
        if self._offset_s is not None and abs(offset_s - self._offset_s) > CLOCK_TOLERANCE_S:
            logger.warning("beat: the clock was set by %.0f s", offset_s - self._offset_s)
            self._heap = None
        self._offset_s = offset_s
