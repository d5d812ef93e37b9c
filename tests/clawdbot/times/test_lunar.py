"""The lunar calendar agrees with published dates, and days of festivals come from it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from clawdbot.times import festivals, lunar
from clawdbot.times.lunar import LunarDay


@pytest.mark.parametrize(
    ("name", "year", "at"),
    [
        ("春节", 2024, date(2024, 2, 10)), ("春节", 2025, date(2025, 1, 29)), ("春节", 2026, date(2026, 2, 17)),
        ("春节", 2027, date(2027, 2, 6)), ("春节", 2028, date(2028, 1, 26)), ("春节", 2033, date(2033, 1, 31)),
        ("春节", 2034, date(2034, 2, 19)), ("除夕", 2025, date(2025, 1, 28)), ("元宵节", 2026, date(2026, 3, 3)),
        ("端午节", 2023, date(2023, 6, 22)), ("端午节", 2025, date(2025, 5, 31)), ("中秋节", 2023, date(2023, 9, 29)),
        ("中秋节", 2025, date(2025, 10, 6)), ("中秋节", 2026, date(2026, 9, 25)), ("重阳节", 2025, date(2025, 10, 29)),
        ("清明节", 2024, date(2024, 4, 4)), ("清明节", 2027, date(2027, 4, 5)), ("thanksgiving", 2026, date(2026, 11, 26)),
        ("easter", 2027, date(2027, 3, 28)), ("mother's day", 2026, date(2026, 5, 10)), ("christmas", 2026, date(2026, 12, 25)),
    ],
)  # fmt: skip
def test_a_festival_has_its_day(name: str, year: int, at: date) -> None:
    assert festivals.of_year(name, year) == at


def test_a_repeated_month_follows_its_own() -> None:
    assert lunar.of_date(date(2025, 7, 25)) == LunarDay(2025, 6, 1, leap=True)
    assert lunar.to_date(LunarDay(2025, 6, 1, leap=True)) == date(2025, 7, 25)
    assert lunar.of_date(date(2025, 7, 24)) == LunarDay(2025, 6, 30)


def test_every_day_of_the_table_has_one_lunar_day() -> None:
    at, last = date(2000, 2, 5), date(2100, 1, 1)
    while at < last:
        assert lunar.to_date(lunar.of_date(at)) == at
        at += timedelta(days=11)


@pytest.mark.parametrize(
    "day", [LunarDay(1999, 1, 1), LunarDay(2100, 1, 1), LunarDay(2026, 13, 1), LunarDay(2026, 1, 31)]
)
def test_what_is_not_in_the_table_is_an_error(day: LunarDay) -> None:
    with pytest.raises(ValueError):
        lunar.to_date(day)


def test_a_day_before_the_table_is_an_error() -> None:
    with pytest.raises(ValueError):
        lunar.of_date(date(2000, 2, 4))


def test_a_festival_of_the_last_lunar_year_may_still_come() -> None:
    assert festivals.coming("腊八", date(2027, 1, 5)) == date(2027, 1, 15)
