"""The Chinese lunar calendar of the years 2000 to 2099."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

FIRST_YEAR = 2000
_START = date(2000, 2, 5)  # first day of the lunar year 2000
# One number a year: bits 13 to 16 are the month that is repeated (0: none), bits 12 to 0 the months from the first on:
# 1 for a month of 30 days, 0 for 29.
_YEARS = (
    0x0192C, 0x09A95, 0x01A94, 0x01B4A, 0x04B55, 0x00AD4, 0x0F55B, 0x004BA, 0x0125A, 0x0B92B,
    0x0152A, 0x01694, 0x096AA, 0x015AA, 0x12AB5, 0x00974, 0x014B6, 0x0CA57, 0x00A56, 0x01526,
    0x08E95, 0x00D54, 0x015AA, 0x049B5, 0x0096C, 0x0D4AE, 0x0149C, 0x01A4C, 0x0BD26, 0x01AA6,
    0x00B54, 0x06D6A, 0x012DA, 0x1695D, 0x0095A, 0x0149A, 0x0DA4B, 0x01A4A, 0x01AA4, 0x0BB54,
    0x016B4, 0x00ADA, 0x0495B, 0x00936, 0x0F497, 0x01496, 0x0154A, 0x0B6A5, 0x00DA4, 0x015B4,
    0x06AB6, 0x0126E, 0x1092F, 0x0092E, 0x00C96, 0x0CD4A, 0x01D4A, 0x00D64, 0x0956C, 0x0155C,
    0x0125C, 0x0792E, 0x0192C, 0x0FA95, 0x01A94, 0x01B4A, 0x0AB55, 0x00AD4, 0x014DA, 0x08A5D,
    0x00A5A, 0x1152B, 0x0152A, 0x01694, 0x0D6AA, 0x015AA, 0x00AB4, 0x094BA, 0x014B6, 0x00A56,
    0x07527, 0x00D26, 0x0EE53, 0x00D54, 0x015AA, 0x0A9B5, 0x0096C, 0x014AE, 0x08A4E, 0x01A2C,
    0x11D26, 0x01AA4, 0x01B54, 0x0CD6A, 0x00ADA, 0x0095C, 0x0949D, 0x0145A, 0x01A2A, 0x05B25,
)  # fmt: skip


class LunarDay(NamedTuple):
    """A day of the lunar calendar. leap: it lies in the repetition of its month."""

    year: int
    month: int
    day: int
    leap: bool = False


class _Month(NamedTuple):
    number: int
    leap: bool
    days: int


def to_date(day: LunarDay) -> date:
    """Returns the day of the common calendar.

    Raises:
        ValueError: There is no such day, or the year is not in the table.
    """
    at = _first_day(day.year)
    for month in _months(day.year):
        if (month.number, month.leap) == (day.month, day.leap):
            if not 1 <= day.day <= month.days:
                break
            return at + timedelta(days=day.day - 1)
        at += timedelta(days=month.days)
    raise ValueError(f"no such lunar day: {day}")


def of_date(at: date) -> LunarDay:
    """Returns the lunar day of a day of the common calendar.

    Raises:
        ValueError: The day is not in the table.
    """
    year = at.year if at.year == FIRST_YEAR or at >= _first_day(min(at.year, _last_year())) else at.year - 1
    left = (at - _first_day(year)).days
    for month in _months(year) if left >= 0 else ():
        if left < month.days:
            return LunarDay(year, month.number, left + 1, month.leap)
        left -= month.days
    raise ValueError(f"not in the table: {at}")


def _last_year() -> int:
    return FIRST_YEAR + len(_YEARS) - 1


def _months(year: int) -> tuple[_Month, ...]:
    packed = _YEARS[year - FIRST_YEAR]
    repeated = packed >> 13
    numbers = [(number, leap) for number in range(1, 13) for leap in (False, True) if not leap or number == repeated]
    return tuple(
        _Month(number, leap, 29 + (packed >> (12 - place) & 1)) for place, (number, leap) in enumerate(numbers)
    )


def _first_day(year: int) -> date:
    if not FIRST_YEAR <= year <= _last_year():
        raise ValueError(f"not in the table: {year}")
    return _START + timedelta(days=sum(month.days for past in range(FIRST_YEAR, year) for month in _months(past)))
