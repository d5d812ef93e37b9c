"""Seeds beat's schedules from the settings once; afterwards the operator changes them in the admin."""

from __future__ import annotations

from typing import Any

from celery import Celery
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry


class SeededEntry(ModelEntry):
    """A schedule from the settings. Does not overwrite a row with the same name."""

    @classmethod
    def from_entry(cls, name: str, app: Celery | None = None, **entry: Any) -> SeededEntry:
        # The base class overwrites the row at each start of beat, and with it changes made in the admin.
        row = PeriodicTask.objects.filter(name=name).first()
        if row is None:
            row, _made = PeriodicTask.objects.get_or_create(name=name, defaults=cls._unpack_fields(**entry))
        return cls(row, app=app)


class SeededScheduler(DatabaseScheduler):
    """django-celery-beat's scheduler with seeded rows that it never overwrites."""

    Entry = SeededEntry
