"""Beat creates its schedules once; a restart keeps changes of the operator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from celery.utils.imports import symbol_by_name
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler

from bots.monitoring import signs

pytestmark = pytest.mark.django_db

SEEDED = "memory.sweep_orphans"


@pytest.fixture(autouse=True)
def _connection_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    # Beat closes connections inside a transaction; a test runs in one.
    monkeypatch.setattr("django_celery_beat.schedulers.close_old_connections", lambda: None)


def start_beat() -> dict[str, object]:
    """Starts beat; returns the schedules that it runs."""
    scheduler = symbol_by_name(current_app.conf.beat_scheduler)(app=current_app, lazy=True)
    scheduler.setup_schedule()
    return dict(scheduler.schedule)


def test_the_first_start_writes_every_schedule_of_the_settings() -> None:
    start_beat()
    assert set(settings.CELERY_BEAT_SCHEDULE) <= set(PeriodicTask.objects.values_list("name", flat=True))
    row = PeriodicTask.objects.get(name=SEEDED)
    assert (row.interval.every, row.interval.period) == (3600, IntervalSchedule.SECONDS)
    assert row.expire_seconds == 3600


def test_another_interval_holds_after_a_restart() -> None:
    start_beat()
    slower, _made = IntervalSchedule.objects.get_or_create(every=2, period=IntervalSchedule.DAYS)
    PeriodicTask.objects.filter(name=SEEDED).update(interval=slower, expire_seconds=60)
    running = start_beat()
    row = PeriodicTask.objects.get(name=SEEDED)
    assert (row.interval, row.expire_seconds) == (slower, 60)
    assert running[SEEDED].schedule.run_every == timedelta(days=2)  # type: ignore[attr-defined]


def test_a_time_of_day_in_place_of_an_interval_holds_after_a_restart() -> None:
    start_beat()
    night = CrontabSchedule.objects.create(minute="15", hour="4", timezone="Asia/Shanghai")
    PeriodicTask.objects.filter(name=SEEDED).update(interval=None, crontab=night)
    start_beat()
    row = PeriodicTask.objects.get(name=SEEDED)
    assert (row.interval, row.crontab) == (None, night)


def test_a_schedule_that_was_switched_off_stays_off() -> None:
    start_beat()
    PeriodicTask.objects.filter(name=SEEDED).update(enabled=False)
    assert SEEDED not in start_beat()
    assert not PeriodicTask.objects.get(name=SEEDED).enabled


def scheduler() -> Any:
    return symbol_by_name(current_app.conf.beat_scheduler)(app=current_app)


def test_a_task_whose_last_run_lies_in_the_future_is_due_after_its_usual_interval() -> None:
    beat = scheduler()
    PeriodicTask.objects.filter(name="bots.sweep").update(last_run_at=timezone.now() + timedelta(hours=1))
    PeriodicTasks.update_changed()
    due_in = beat.schedule["bots.sweep"].is_due().next
    assert due_in <= 5.0


def test_a_clock_that_is_set_back_makes_a_new_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    beat = scheduler()
    monkeypatch.setattr(beat, "apply_entry", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(type(beat), "producer", None)
    beat.tick()
    plan = beat._heap
    beat._offset_s += 3600.0
    beat.tick()
    assert beat._heap is not plan


@pytest.mark.parametrize("error", [OperationalError("the connection is closed"), ConnectionError(), AttributeError()])
def test_no_error_ends_beat(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    beat = scheduler()
    monkeypatch.setattr(DatabaseScheduler, "tick", fail)
    monkeypatch.setattr("clawdbot_site.scheduler.close_old_connections", lambda: None)
    assert beat.tick() == 2.0


def test_readiness_sees_each_run_of_the_sweep_and_not_only_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    start_beat()
    PeriodicTask.objects.filter(name="bots.sweep").update(last_run_at=long_ago)
    beat = scheduler()
    monkeypatch.setattr(beat, "apply_entry", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(type(beat), "producer", None)
    for _task in range(2 * len(beat.schedule)):
        beat._noted_at = float("-inf")
        beat.tick()
    beat._dirty.clear()  # else it would be stored at the end of the process, when there is no table
    age = signs.beat_age()
    assert age is not None
    assert age < timedelta(minutes=1)
