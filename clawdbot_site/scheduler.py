"""Beat's scheduler: seeds schedules from the settings once, and survives outages and a clock that is set back."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any

from celery import Celery
from django.db import close_old_connections
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

logger = logging.getLogger(__name__)

AGAIN_AFTER_S = 2.0
SWEEP = "bots.sweep"
NOTE_EVERY_S = 10.0
# Adjustments below this do not matter to any schedule.
CLOCK_TOLERANCE_S = 2.0


class SeededEntry(ModelEntry):
    """A schedule from the settings. Does not overwrite a row with the same name."""

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


class SeededScheduler(DatabaseScheduler):
    """django-celery-beat's scheduler with seeded rows that it never overwrites. No error ends it."""

    Entry = SeededEntry
    _offset_s: float | None = None
    _noted_at = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Sends one due task. Returns the seconds until the next call, also after an error."""
        self._follow_the_clock()
        try:
            wait_s = float(super().tick(*args, **kwargs))
            self._note_last_sweep()
            return wait_s
        except Exception:  # a database or broker that is away must not end beat
            logger.exception("beat: a pass failed, again in %.0f s", AGAIN_AFTER_S)
            close_old_connections()
            return AGAIN_AFTER_S

    def _note_last_sweep(self) -> None:
        """Stores the last run of the sweep, by which readiness sees that beat lives."""
        entry = (self._schedule or {}).get(SWEEP)
        if entry is None or time.monotonic() - self._noted_at < NOTE_EVERY_S:
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
