"""A planned backup that is missing, and a failed one, are told; an installation without a plan is ready."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bots.models import BackupRun
from bots.models.sql import clock
from bots.monitoring import backups, doctor, readiness
from clawdbot.reasons import Reason, columns
from tests.conftest import Configured

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def made(hours_ago: float) -> BackupRun:
    moment = clock.now() - timedelta(hours=hours_ago)
    return BackupRun.objects.create(state="done", started_at=moment, made_at=moment)


def told() -> tuple[str, str]:
    (finding,) = doctor._backups()
    return finding.level, finding.text


def test_without_a_plan_it_is_ready_and_doctor_advises_one() -> None:
    assert readiness._backup().ready
    assert told() == ("warning", "there is none")


def test_a_fresh_one_is_fine(configured: Configured) -> None:
    configured("backup", at="03:10")
    made(25.0)
    assert readiness._backup() == readiness.Part(True, "the latest is 25 hours old")
    assert told() == ("ok", "the latest is 25 hours old")


@pytest.mark.parametrize("planned", [True, False])
def test_one_that_is_late_matters_where_one_is_planned(planned: bool, configured: Configured) -> None:
    configured("backup", at="03:10" if planned else "")
    made(27.0)
    assert readiness._backup().ready is not planned
    assert told()[0] == ("warning" if planned else "ok")


def test_a_plan_before_its_first_time_is_fine(configured: Configured) -> None:
    configured("backup", at="03:10")
    assert readiness._backup() == readiness.Part(True, "there is none yet")


def test_a_failed_one_is_told_until_the_next_good_one(configured: Configured) -> None:
    configured("backup", at="03:10")
    made(5.0)
    BackupRun.objects.create(state="failed", **columns("error", Reason("backup_interrupted"), 300))
    assert readiness._backup() == readiness.Part(True, "the latest is 5 hours old; the last try failed")
    assert told() == ("warning", "the last one failed: it was interrupted")
    made(0.0)
    assert told()[0] == "ok"
    age = backups.look().age
    assert age is not None
    assert age < timedelta(minutes=1)
