"""Beat's schedules: seeded from the settings once, the operator's from then on."""

from __future__ import annotations

from typing import Any

from celery import Celery
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry


class SeededEntry(ModelEntry):
    """A schedule of the settings; a row of its name stays as it is."""

    @classmethod
    def from_entry(cls, name: str, app: Celery | None = None, **entry: Any) -> SeededEntry:
        # The base class writes the row anew at each start of beat, over what was changed in the admin.
        row = PeriodicTask.objects.filter(name=name).first()
        if row is None:
            row, _made = PeriodicTask.objects.get_or_create(name=name, defaults=cls._unpack_fields(**entry))
        return cls(row, app=app)


class SeededScheduler(DatabaseScheduler):
    """django-celery-beat's scheduler, whose rows belong to the admin once they are there."""

    Entry = SeededEntry
