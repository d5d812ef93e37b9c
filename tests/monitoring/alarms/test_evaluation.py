"""When an alarm begins, ends, is told, repeated, escalated and silent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from bots.models import Alarm, AlarmNotice, AlarmRule, AuditEntry
from bots.monitoring import conditions
from bots.monitoring.alarms import acts, evaluation, telling
from tests.monitoring.alarms.builders import Watching, make_target

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def _states() -> dict[str, str]:
    return {row.subject: row.state for row in Alarm.objects.order_by("id")}


def _kinds() -> list[str]:
    return [row.kind for row in AlarmNotice.objects.order_by("id")]


def _rule(**values: int) -> None:
    evaluation.rules()
    AlarmRule.objects.update(**values)


def test_it_is_told_once_when_it_has_held_long_enough_and_once_when_it_is_over(watching: Watching) -> None:
    watch = watching()
    make_target()
    watch.values = {"main": 1.0}
    watch.step(times=2)
    assert (_states(), _kinds()) == ({"main": "pending"}, [])
    watch.step(times=5)
    assert (_states(), _kinds()) == ({"main": "firing"}, ["firing"])
    watch.values = {"main": 0.0}
    watch.step(times=2)
    assert _kinds() == ["firing"]
    watch.step(times=9)
    assert (_states(), _kinds()) == ({"main": "recovered"}, ["firing", "recovered"])


def test_what_comes_and_goes_is_no_alarm(watching: Watching) -> None:
    watch = watching()
    make_target()
    for _ in range(20):
        watch.values = {"main": 1.0}
        watch.step(times=2)
        watch.values = {}
        watch.step()
    assert (_states(), _kinds()) == ({}, [])


def test_an_alarm_that_flaps_is_one_alarm(watching: Watching) -> None:
    watch = watching()
    make_target()
    watch.values = {"main": 1.0}
    watch.step(times=4)
    for _ in range(15):
        watch.values = {}
        watch.step()
        watch.values = {"main": 1.0}
        watch.step()
    assert (_states(), _kinds()) == ({"main": "firing"}, ["firing"])


def test_what_cannot_be_seen_is_neither_wrong_nor_right(watching: Watching) -> None:
    watch = watching()
    make_target()
    watch.values = {"main": 1.0}
    watch.step(times=4)
    watch.fails = True
    watch.step(times=60)
    assert _states() == {"main": "firing"}
    assert "recovered" not in _kinds()
    watch.fails, watch.values = False, {}
    watch.step(times=4)
    assert _states() == {"main": "recovered"}


def test_a_subject_that_is_removed_ends_its_alarm(watching: Watching) -> None:
    watch = watching()
    make_target()
    watch.values = {"old": 1.0, "main": 0.0}
    watch.step(times=4)
    del watch.values["old"]
    watch.step(times=5)
    assert (_states(), _kinds()) == ({"old": "recovered"}, ["firing", "recovered"])


def test_a_storm_is_one_notice_for_each_target(watching: Watching) -> None:
    watch = watching()
    make_target("first")
    make_target("second")
    watch.values = {f"channel {number}": 1.0 for number in range(500)}
    watch.step(times=4)
    assert _kinds() == ["firing", "firing"]
    assert [len(row.entries) for row in AlarmNotice.objects.all()] == [evaluation.MOST_SUBJECTS] * 2
    watch.values = {}
    watch.step(times=5)
    assert _kinds() == ["firing", "firing", "recovered", "recovered"]


def test_a_pause_of_beat_is_no_time_that_a_condition_held(watching: Watching) -> None:
    watch = watching()
    watch.values = {"main": 1.0}
    watch.step()
    watch.step(minutes=600)
    assert _states() == {"main": "pending"}
    watch.step(times=2)
    assert _states() == {"main": "firing"}
    watch.values = {}
    watch.step()
    watch.step(minutes=600)
    assert _states() == {"main": "firing"}
    watch.step(times=3)
    assert _states() == {"main": "recovered"}


def test_a_clock_that_is_set_back_keeps_no_alarm_for_ever(watching: Watching) -> None:
    watch = watching()
    watch.values = {"main": 1.0}
    watch.step()
    watch.now -= timedelta(hours=5)
    watch.step(times=4)
    assert _states() == {"main": "firing"}


def test_reminders_come_until_it_is_acknowledged(watching: Watching) -> None:
    watch = watching()
    _rule(remind_minutes=60, escalate_minutes=0)
    make_target()
    watch.values = {"main": 1.0}
    watch.step(times=185)
    assert _kinds() == ["firing", "reminder", "reminder", "reminder"]
    user = User.objects.create(username="mei")
    assert acts.acknowledge(Alarm.objects.all(), user) == 1
    assert acts.acknowledge(Alarm.objects.all(), user) == 0
    watch.step(times=120)
    assert len(_kinds()) == 4
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.field_names) == ("mei", ["acknowledged_at"])
    watch.values = {}
    watch.step(times=5)
    assert _kinds()[-1] == "recovered"


def test_nobody_answers_and_the_second_target_is_told(watching: Watching) -> None:
    watch = watching()
    _rule(remind_minutes=0, escalate_minutes=30)
    first, second = make_target("first"), make_target("second", escalation=True)
    watch.values = {"main": 1.0}
    watch.step(times=20)
    assert [row.target_id for row in AlarmNotice.objects.order_by("id")] == [first.pk]
    watch.step(times=60)
    assert [(row.target_id, row.kind) for row in AlarmNotice.objects.order_by("id")] == [
        (first.pk, "firing"),
        (second.pk, "escalation"),
    ]
    watch.values = {}
    watch.step(times=5)
    assert [(row.target_id, row.kind) for row in AlarmNotice.objects.order_by("id")][2:] == [
        (first.pk, "recovered"),
        (second.pk, "recovered"),
    ]


def test_a_silence_holds_for_the_next_alarm_too_and_ends(watching: Watching) -> None:
    watch = watching()
    make_target()
    watch.values = {"main": 1.0}
    watch.step()
    Alarm.objects.update(silenced_until=watch.now + timedelta(minutes=60))
    watch.step(times=10)
    assert (_states(), _kinds()) == ({"main": "firing"}, [])
    watch.values = {}
    watch.step(times=5)
    assert _kinds() == []
    watch.values = {"main": 1.0}
    watch.step(times=10)
    assert _kinds() == []
    watch.step(times=60)
    assert _kinds() == ["firing"]


def test_who_comes_later_is_told_what_is_still_wrong(watching: Watching) -> None:
    watch = watching()
    watch.values = {"main": 1.0}
    watch.step(times=10)
    assert _kinds() == []
    make_target()
    watch.step()
    assert _kinds() == ["firing"]


def test_a_target_for_critical_alarms_gets_no_warning(watching: Watching) -> None:
    watch = watching(severity="warning")
    make_target("calm", only_critical=True)
    make_target("all")
    watch.values = {"main": 1.0}
    watch.step(times=5)
    assert [row.target.name for row in AlarmNotice.objects.all()] == ["all"]


def test_the_operators_limits_count(watching: Watching) -> None:
    watch = watching()
    evaluation.rules()
    AlarmRule.objects.update(threshold=5.0, for_seconds=0)
    watch.values = {"a": 4.0, "b": 6.0}
    watch.step()
    assert _states() == {"b": "firing"}
    AlarmRule.objects.update(enabled=False)
    watch.step()
    assert _states() == {"b": "recovered"}


def test_two_evaluations_at_once_tell_once(watching: Watching) -> None:
    watch = watching()
    make_target()
    watch.values = {"main": 1.0}
    watch.step(times=3)
    stale = list(Alarm.objects.all())
    for row in stale:
        row.told_at = None  # as the other one has read it
    target = list(telling.AlarmTarget.objects.all())
    assert telling._write("firing", stale, target, "told_at", watch.now) == 0
    assert _kinds() == ["firing"]


def test_every_condition_can_be_read() -> None:
    for one in conditions.CONDITIONS:
        for subject, value in one.read():
            assert isinstance(subject, str)
            assert isinstance(value, int | float)


def test_the_real_conditions_are_evaluated_with_a_few_queries(django_assert_max_num_queries: Any) -> None:
    evaluation.evaluate()
    with django_assert_max_num_queries(90):
        evaluation.evaluate()
        telling.tell()
    assert AlarmRule.objects.filter(enabled=False).count() == 1
