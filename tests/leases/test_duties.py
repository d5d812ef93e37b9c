"""Work that one process at a time does: it is led, renewed, and resumed after a kill."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from celery import current_app
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots import tasks
from bots.leases import abandoned, duties, held
from bots.models import Lease
from clawdbot import leadership
from tests.leases.builders import Elsewhere, running_process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

Sent = list[tuple[str, tuple[int, ...]]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The tasks that are sent."""
    found: Sent = []
    current_app.loader.import_default_modules()  # as a worker does when it starts
    monkeypatch.setattr(current_app, "send_task", lambda name, arguments, **_: found.append((name, arguments)))
    return found


def test_a_lease_is_renewed_for_as_long_as_its_work_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    # Long enough that a thread of a busy machine renews in time.
    timing = held.Timing(renew_s=0.2, lasts_s=4.0, margin_s=0.4)
    monkeypatch.setattr(held, "timing", lambda: timing)
    other = Elsewhere()
    with duties.lead("memory.optimize:1") as lead:
        assert lead is not None
        until = time.monotonic() + 1.5 * timing.lasts_s
        while time.monotonic() < until:
            lead.check()
            assert other.take("memory.optimize:1") is None
            time.sleep(0.02)
        lead.confirm()
    assert other.take("memory.optimize:1") is not None


def test_lower_packages_lead_without_knowing_this_one() -> None:
    with leadership.lead("memory.optimize:1") as lead:
        assert lead is not None
        with leadership.lead("memory.optimize:1") as second:
            assert second is None
    assert Lease.objects.get().released_at is not None


def test_work_that_fails_is_given_back_and_not_resumed(sent: Sent) -> None:
    with pytest.raises(ZeroDivisionError), duties.lead("memory.optimize:1"):
        raise ZeroDivisionError
    assert abandoned.resume({}) == []
    assert sent == []


def test_a_task_of_beat_runs_in_one_process_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    monkeypatch.setattr(tasks.queues, "sweep", lambda: runs.append(1))
    other = Elsewhere()
    theirs = other.take("bots.sweep")
    tasks.sweep()
    assert runs == []
    assert theirs is not None
    other.release("bots.sweep", theirs)
    tasks.sweep()
    tasks.sweep()
    assert len(runs) == 2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="elsewhere several processes take turns")
def test_on_a_database_file_a_second_run_costs_no_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.queues, "sweep", lambda: None)
    tasks.sweep()
    with CaptureQueriesContext(connection) as queries:
        tasks.sweep()
    assert len(queries) == 0


def test_the_lease_of_every_task_has_the_name_of_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody could resume it."""
    for task in (tasks.sweep, tasks.ledger, tasks.refresh_tools):
        monkeypatch.setattr(f"bots.tasks.{task.__wrapped__.__name__}", task)
        assert task.name in current_app.tasks
    monkeypatch.setattr(tasks.spending, "upkeep", lambda: None)
    tasks.ledger()
    assert Lease.objects.get().name == tasks.ledger.name


Kill = Callable[[str], None]


@pytest.fixture
def kill() -> Kill:
    """Lets the holder of a lease be a process that was killed elsewhere a while ago."""

    def change(name: str) -> None:
        assert Elsewhere().take(name) is not None
        past = timezone.now() - timedelta(minutes=5)
        Lease.objects.filter(pk=name).update(renewed_at=past, expires_at=past)

    return change


def test_the_work_of_a_killed_process_is_sent_again_once(sent: Sent, kill: Kill) -> None:
    for name in ("memory.optimize", "memory.optimize:5", "memory.index_scope:3:17", "bots.sweep"):
        kill(name)
    known: dict[tuple[str, int], float] = {}
    abandoned.resume(known)
    assert sorted(sent) == sorted(
        [("memory.optimize", ()), ("memory.optimize", (5,)), ("memory.index_scope", (3, 17)), ("bots.sweep", ())]
    )
    assert abandoned.resume(known) == [], "it waits until a worker had time for it"


def test_what_is_held_or_no_task_is_left_alone(sent: Sent, kill: Kill) -> None:
    kill("beat")
    kill("poll:channel")
    kill("bots.gone_in_this_version")
    kill("memory.optimize:five")
    assert Elsewhere().take("memory.optimize:6") is not None
    abandoned.resume({})
    assert sent == []


def test_the_work_of_a_killed_process_of_this_machine_does_not_wait_for_its_lease(sent: Sent) -> None:
    assert Elsewhere().take("memory.optimize:5") is not None
    with running_process() as (_child, identity):
        Lease.objects.update(process=identity)
        assert abandoned.resume({}) == []
    assert abandoned.resume({}) == ["memory.optimize:5"]
