"""The figures of the retention and the alarms on them: a run that is late, and one that fails."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from bots.leases import held
from bots.maintenance.retention import running
from bots.models import Alarm, Lease, RetentionRule
from bots.monitoring import conditions, optional, readings
from bots.monitoring.alarms import evaluation
from clawdbot.leadership import LeadershipLost

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
HOURS = timedelta(hours=1)


def read(name: str) -> dict[tuple[str, ...], float]:
    return dict(readings.all_samples(readings.named(name)))


def age_h() -> float | None:
    found = read("clawdbot_retention_age_seconds")
    return round(found[()] / 3600, 2) if found else None


def ended(hours: float) -> datetime:
    moment = timezone.now() - hours * HOURS
    RetentionRule.objects.update_or_create(kind=RetentionRule.WITHOUT_DAYS, defaults={"run_at": moment})
    return moment


def firing(minutes: int = 11) -> set[tuple[str, str]]:
    """Evaluates the alarms for so many minutes and returns those of the retention that fire."""
    now = timezone.now()
    for minute in range(minutes + 1):
        evaluation.evaluate(now + timedelta(minutes=minute))
    rows = Alarm.objects.filter(code__startswith="retention", state=Alarm.State.FIRING)
    return set(rows.values_list("code", "subject"))


def test_the_limit_is_two_intervals_of_the_schedule() -> None:
    known = conditions.known("retention_old")
    assert known is not None
    assert known.threshold == 2 * settings.CELERY_BEAT_SCHEDULE["bots.retention"]["schedule"].total_seconds()
    assert running.DUTY == optional.RETENTION


def test_an_installation_that_has_not_come_to_it_has_no_age() -> None:
    assert age_h() is None
    assert firing() == set()


def test_a_whole_run_sets_the_age_to_nothing_and_one_of_a_kind_does_not() -> None:
    ended(13)
    assert age_h() == 13
    running.run(only=["inbox"])
    assert age_h() == 13
    assert firing() == {("retention_old", "")}
    running.run()
    assert age_h() == 0
    assert firing() == set()


def test_a_run_that_is_going_on_is_not_late_for_two_intervals() -> None:
    ended(20)
    assert held.take(running.DUTY) is not None
    assert age_h() == 0
    Lease.objects.update(acquired_at=timezone.now() - 13 * HOURS)
    assert age_h() == 13
    Lease.objects.update(expires_at=timezone.now() - HOURS)  # its process was killed
    assert age_h() == 20


def test_the_age_counts_from_the_first_try_while_none_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(lease: held.Held) -> None:
        raise LeadershipLost("killed")

    with monkeypatch.context() as patch:
        patch.setattr(held.Held, "check", lost)
        with pytest.raises(LeadershipLost):
            running.run()
    assert age_h() == 0
    RetentionRule.objects.update(run_at=timezone.now() - 13 * HOURS)
    with monkeypatch.context() as patch:
        patch.setattr(held.Held, "check", lost)
        running.run_scheduled()
    assert age_h() == 13


def test_a_kind_that_fails_is_told_by_its_name_and_its_end_too() -> None:
    ended(1)
    RetentionRule.objects.create(kind="usage", run_at=timezone.now())
    RetentionRule.objects.create(kind="inbox", failed_at=timezone.now(), error="OSError: full")
    RetentionRule.objects.create(kind="tools", days=30)  # not yet come to
    assert read("clawdbot_retention_failing") == {("without_days",): 0.0, ("usage",): 0.0, ("inbox",): 1.0}
    assert firing(2) == {("retention_failed", "inbox")}
    running.run()
    assert firing(3) == set()
