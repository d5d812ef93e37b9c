"""Occurrences keep their wall time over both days of summer time, and rules of hours count elapsed time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clawdbot.times import occurrences

BERLIN = "Europe/Berlin"


def series(local: datetime, rule: str, zone: str, start: datetime, count: int) -> list[str]:
    found: list[str] = []
    moment: datetime | None = start
    for _ in range(count):
        moment = occurrences.after(local, rule, zone, moment)
        if moment is None:
            break
        found.append(moment.isoformat(timespec="minutes").removesuffix("+00:00"))
    return found


def test_nine_stays_nine_in_spring_and_in_autumn() -> None:
    spring = series(datetime(2027, 3, 27, 9), "FREQ=DAILY", BERLIN, datetime(2027, 3, 26, tzinfo=UTC), 2)
    assert spring == ["2027-03-27T08:00", "2027-03-28T07:00"]
    autumn = series(datetime(2027, 10, 30, 9), "FREQ=DAILY", BERLIN, datetime(2027, 10, 29, tzinfo=UTC), 2)
    assert autumn == ["2027-10-30T07:00", "2027-10-31T08:00"]


def test_a_skipped_time_moves_forward_by_the_gap() -> None:
    found = series(datetime(2027, 3, 27, 2, 30), "FREQ=DAILY", BERLIN, datetime(2027, 3, 26, tzinfo=UTC), 3)
    assert found == ["2027-03-27T01:30", "2027-03-28T01:30", "2027-03-29T00:30"]
    assert occurrences.wall(datetime(2027, 3, 28, 1, 30, tzinfo=UTC), BERLIN) == datetime(2027, 3, 28, 3, 30)


def test_of_a_time_shown_twice_the_first_counts_once() -> None:
    found = series(datetime(2027, 10, 30, 2, 30), "FREQ=DAILY", BERLIN, datetime(2027, 10, 29, tzinfo=UTC), 3)
    assert found == ["2027-10-30T00:30", "2027-10-31T00:30", "2027-11-01T01:30"]


def test_hours_are_elapsed_time_over_a_change_of_the_clock() -> None:
    found = series(datetime(2027, 3, 28, 0), "FREQ=HOURLY;INTERVAL=2", BERLIN, datetime(2027, 3, 27, tzinfo=UTC), 3)
    assert found == ["2027-03-27T23:00", "2027-03-28T01:00", "2027-03-28T03:00"]


def test_named_hours_are_wall_time() -> None:
    rule = "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0;BYSECOND=0"
    found = series(datetime(2027, 3, 27, 8), rule, BERLIN, datetime(2027, 3, 27, tzinfo=UTC), 4)
    assert found == ["2027-03-27T07:00", "2027-03-27T19:00", "2027-03-28T06:00", "2027-03-28T18:00"]


def test_occurrences_in_a_gap_come_once_and_in_order() -> None:
    rule = "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=30;BYSECOND=0"
    found = series(datetime(2027, 3, 27, 2, 30), rule, BERLIN, datetime(2027, 3, 27, 22, tzinfo=UTC), 3)
    assert found == ["2027-03-28T01:30", "2027-03-29T00:30", "2027-03-29T01:30"]


@pytest.mark.parametrize("rule", ["FREQ=HOURLY;INTERVAL=2;COUNT=3", "FREQ=DAILY;COUNT=3"])
def test_a_count_ends_the_series(rule: str) -> None:
    found = series(datetime(2026, 12, 1, 9), rule, "Asia/Shanghai", datetime(2026, 11, 1, tzinfo=UTC), 9)
    assert len(found) == 3


@pytest.mark.parametrize("rule", ["FREQ=HOURLY;INTERVAL=24;UNTIL=20261203T090000", "FREQ=DAILY;UNTIL=20261203T090000"])
def test_until_is_wall_time_and_included(rule: str) -> None:
    found = series(datetime(2026, 12, 1, 9), rule, "Asia/Shanghai", datetime(2026, 11, 1, tzinfo=UTC), 9)
    assert found == ["2026-12-01T01:00", "2026-12-02T01:00", "2026-12-03T01:00"]


def test_a_single_time_is_over_after_it() -> None:
    local, zone = datetime(2026, 12, 1, 9), "Asia/Shanghai"
    moment = datetime(2026, 12, 1, 1, tzinfo=UTC)
    assert occurrences.after(local, "", zone, moment - timedelta(seconds=1)) == moment
    assert occurrences.after(local, "", zone, moment) is None


def test_a_rule_of_minutes_is_found_without_counting_years_of_them() -> None:
    late = datetime(2226, 1, 1, tzinfo=UTC)
    found = occurrences.after(datetime(2026, 1, 1), "FREQ=MINUTELY;INTERVAL=5", "UTC", late)
    assert found == late + timedelta(minutes=5)


@pytest.mark.parametrize("rule", ["nonsense", "FREQ=SOMETIMES", "FREQ=HOURLY;INTERVAL=0", "FREQ="])
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(ValueError):
        occurrences.after(datetime(2026, 12, 1, 9), rule, "UTC", datetime(2026, 12, 1, tzinfo=UTC))
