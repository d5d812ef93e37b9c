"""Of several beats one sends tasks, and none is sent twice when another one takes over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from celery.utils.imports import symbol_by_name
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from bots.leases import held
from bots.models import Lease
from bots.models.sql import leases as sql

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

SEEDED = "memory.sweep_orphans"


def scheduler() -> Any:
    return symbol_by_name(current_app.conf.beat_scheduler)(app=current_app)


@pytest.fixture
def sending(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tasks that beats send."""
    names: list[str] = []
    monkeypatch.setattr(DatabaseScheduler, "apply_entry", lambda _self, entry, **_: names.append(entry.name))
    monkeypatch.setattr(DatabaseScheduler, "producer", None)
    return names


def run(beat: Any) -> None:
    """Sends what is due."""
    for _task in range(2 * len(settings.CELERY_BEAT_SCHEDULE)):
        beat.tick()


def lead(beat: Any) -> None:
    """Makes a beat the leader, whoever leads now."""
    held.clear_cache()
    Lease.objects.all().delete()
    assert beat._leads()


def make_due(name: str) -> None:
    PeriodicTask.objects.filter(name=name).update(last_run_at=timezone.now() - timedelta(days=2))


def test_a_second_beat_waits_and_sends_nothing(sending: list[str]) -> None:
    first, second = scheduler(), scheduler()
    make_due(SEEDED)
    lead(first)
    assert second.tick() == held.TRY_EVERY_S
    assert sending == []
    run(first)
    assert SEEDED in sending


def test_the_next_leader_does_not_send_again_what_was_sent(sending: list[str]) -> None:
    """The first beat is killed: nothing of what it has in memory is written any more."""
    first, second = scheduler(), scheduler()
    make_due(SEEDED)
    lead(first)
    run(first)
    lead(second)
    run(second)
    assert sending.count(SEEDED) == 1
    assert PeriodicTask.objects.get(name=SEEDED).total_run_count == 1


def test_a_beat_that_was_paused_before_it_sends_sends_nothing(sending: list[str]) -> None:
    paused, second = scheduler(), scheduler()
    make_due(SEEDED)
    lead(paused)
    entry = paused.schedule[SEEDED]
    lead(second)
    run(second)
    following = paused.reserve(entry)
    paused.apply_entry(entry)
    assert sending.count(SEEDED) == 1
    assert PeriodicTask.objects.get(name=SEEDED).last_run_at != following.model.last_run_at
    paused.sync()
    assert PeriodicTask.objects.get(name=SEEDED).last_run_at != following.model.last_run_at, "nor later"


def test_a_beat_whose_lease_may_have_expired_sends_nothing(sending: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    beat = scheduler()
    make_due(SEEDED)
    lead(beat)
    monkeypatch.setattr(held, "_clocks", lambda: (1e12, 1e12))
    beat.reserve(beat.schedule[SEEDED])
    beat.apply_entry(beat.schedule[SEEDED])
    assert sending == []


@pytest.mark.postgres
@pytest.mark.parametrize("hours", [-3, 3])
def test_a_beat_whose_machine_has_a_wrong_clock_repeats_nothing(
    sending: list[str], monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    night = CrontabSchedule.objects.create(minute="*", hour="*", timezone="Asia/Shanghai")
    first, second = scheduler(), scheduler()
    PeriodicTask.objects.filter(name=SEEDED).update(interval=None, crontab=night)
    make_due(SEEDED)
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(hours=hours))
    monkeypatch.setattr("django_celery_beat.utils.now", lambda: now() + timedelta(hours=hours))
    lead(first)
    run(first)
    monkeypatch.undo()
    stored = PeriodicTask.objects.get(name=SEEDED).last_run_at
    assert stored is not None
    assert abs(stored - timezone.now()) < timedelta(minutes=1), "the run has the time of the database"
    assert second is not None


def test_a_beat_that_ends_lets_another_one_lead_at_once() -> None:
    first, second = scheduler(), scheduler()
    lead(first)
    first.close()
    assert not first._lease.holds()
    held.clear_cache()  # the second one is another process
    assert second._leads()


def test_a_beat_that_cannot_ask_for_the_lease_sends_nothing(
    sending: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere an error while the lock was taken made a second scheduler work as if it had it."""
    beat = scheduler()
    make_due(SEEDED)

    def away(*_args: object) -> None:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as patched:
        patched.setattr(sql, "read", away)
        for _ in range(3):
            assert beat.tick() == 2.0
        assert sending == []
    run(beat)
    assert sending.count(SEEDED) == 1


def test_a_rare_task_becomes_due_although_beat_is_started_more_often(sending: list[str]) -> None:
    """Elsewhere each start of beat counted a task that had never run from that start on."""
    scheduler()
    created = timezone.now() - timedelta(hours=3)  # SEEDED runs every hour
    PeriodicTask.objects.filter(name=SEEDED).update(last_run_at=None, date_changed=created)
    for _start in range(2):
        lead(scheduler())
    beat = scheduler()
    lead(beat)
    run(beat)
    assert sending.count(SEEDED) == 1
