"""What one rule reads: a part of a time expression. Neighbouring parts make one expression, see `grouping`."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from clawdbot.times import festivals, lunar

LATELY = timedelta(days=31)
"""A date without a year that was less than this ago is more likely over than meant for next year."""

_YEARS_TO_COME = 5  # in which each number of a month is each weekday at least once


@dataclass(frozen=True, slots=True)
class Days:
    """Days that a part may mean: one, several (the person chooses), or none (`code` says why)."""

    days: tuple[date, ...] = ()
    code: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A day.

    Attributes:
        resolve: Returns the days that it may mean, from the day of the message.
        weekday: 0 (Monday) to 6 when it is a bare weekday; with "every week" it is the day of the series.
        month: The month when it is a date; with "every year" it is the date of the series.
        number: The day of the month when it is a date or a bare "the 5th".
        today: It is relative to today, as "tomorrow" is. After midnight it is unclear which day that is.
        lunar: Its date in the common calendar differs from year to year.
    """

    resolve: Callable[[date], Days]
    weekday: int | None = None
    month: int = 0
    number: int = 0
    today: int | None = None
    lunar: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """An hour and minute. exact: it is of 24 hours, or the text says a.m. or p.m."""

    hour: int
    minute: int = 0
    exact: bool = False


@dataclass(frozen=True, slots=True)
class To:
    """The end of a range of hours: "from 9 to 5", 早上9点到晚上6点."""

    clock: Clock | None
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time with its own distance from UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day: "dawn", "morning", "forenoon", "noon", "afternoon", "evening", "night" or "midnight"."""

    name: str


@dataclass(frozen=True, slots=True)
class Offset:
    """A distance from now. Minutes are elapsed time, days and months are of the calendar."""

    months: int = 0
    days: int = 0
    minutes: float = 0
    past: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """A series.

    Attributes:
        freq: "MINUTELY" to "YEARLY".
        interval: Units between two occurrences.
        weekdays: RRULE names such as ("MO", "1FR").
        monthdays: Days of the month; -1 is the last one.
        other: A second reading of the interval, 0 for none (每隔两天).
    """

    freq: str
    interval: int = 1
    weekdays: tuple[str, ...] = ()
    monthdays: tuple[int, ...] = ()
    other: int = 0


@dataclass(frozen=True, slots=True)
class Except:
    """Weekdays that a series leaves out."""

    weekdays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """A number of occurrences, or of days of a series."""

    times: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Until:
    """The part behind it ends a series."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The reminder comes this long before the moment."""

    before: timedelta


@dataclass(frozen=True, slots=True)
class Zone:
    """The zone of an hour: "9am PST", 北京时间三点. names: IANA names; of several the person chooses."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unclear:
    """An expression that names no time. code: of `Ask`."""

    code: str


Value = Day | Clock | To | Moment | Part | Offset | Every | Except | Count | Until | Lead | Zone | Unclear


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands at text[begin:stop]."""

    begin: int
    stop: int
    values: tuple[Value, ...]


WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS, WEEKEND = WEEKDAYS[:5], WEEKDAYS[5:]


def relative(days: int) -> Day:
    """Returns "today" (0), "tomorrow" (1) and so on."""
    if days < 0:
        return Day(lambda today: Days(code="past"), today=days)
    return Day(lambda today: Days((today + timedelta(days=days),)), today=days)


def weekday(number: int, weeks: int | None) -> Day:
    """Returns a weekday of the week `weeks` after this one; None for the coming one."""
    if weeks is None:
        return Day(lambda today: _coming(today, number), weekday=number)

    def resolve(today: date) -> Days:
        at = today + timedelta(days=7 * weeks - today.weekday() + number)
        return Days((at,)) if at >= today else Days(code="past")

    return Day(resolve)


def _coming(today: date, number: int) -> Days:
    at = today + timedelta(days=(number - today.weekday()) % 7)
    # On a Monday, "Monday" is today or in a week.
    return Days((at, at + timedelta(days=7)) if at == today else (at,))


def weekday_at(number: int, day: int) -> Day:
    """Returns the coming "Friday the 13th": the next day of a month with this number that is this weekday."""

    def resolve(today: date) -> Days:
        for months in range(12 * _YEARS_TO_COME):
            year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
            at = _date(year, month + 1, day)
            if at is not None and at >= today and at.weekday() == number:
                return Days((at,))
        return Days(code="no_such_day")

    return Day(resolve, number=day)


def if_weekday(day: Day, number: int) -> Day:
    """Returns the day, if it is this weekday; there is no "Sunday, 5 May" in a year in which that is a Wednesday."""

    def resolve(today: date) -> Days:
        found = day.resolve(today)
        return found if all(at.weekday() == number for at in found.days) else Days(code="no_such_day")

    return replace(day, resolve=resolve)


def next_weekday(number: int) -> Day:
    """Returns "next Friday": of the next week, or the coming one, while this week's Friday is still to come."""

    def resolve(today: date) -> Days:
        at = today + timedelta(days=(number - today.weekday()) % 7 or 7)
        this_week = at.isocalendar()[:2] == today.isocalendar()[:2]
        return Days((at, at + timedelta(days=7)) if this_week else (at,))

    return Day(resolve)


def written(year: int | None, month: int, number: int) -> Day:
    """Returns a date; without a year the coming one."""

    def resolve(today: date) -> Days:
        if year is not None:
            at = _date(year, month, number)
            return Days(code="no_such_day") if at is None else Days((at,)) if at >= today else Days(code="past")
        return _coming_date(today, month, number)

    return Day(resolve, month=month, number=number)


def _coming_date(today: date, month: int, number: int) -> Days:
    if not 1 <= month <= 12 or not 1 <= number <= calendar.monthrange(2024, month)[1]:
        return Days(code="no_such_day")
    this_year = _date(today.year, month, number)
    if this_year is not None and this_year >= today:
        return Days((this_year,))
    if this_year is not None and today - this_year < LATELY:
        return Days(code="past")
    if at := _date(today.year + 1, month, number):
        return Days((at,))
    # 29 February of a year that has none: the leap year, or a neighbour of the day that is missing.
    leap = next(at for year in range(today.year, today.year + 9) if (at := _date(year, month, number)) and at > today)
    near = tuple(date(today.year + 1, *day) for day in ((2, 28), (3, 1)))
    return Days((*near, leap))


def of_month(months: int | None, number: int) -> Day:
    """Returns a day (-1: the last one) of the month `months` after this one; None for the coming one."""

    def resolve(today: date) -> Days:
        for shift in range(3) if months is None else (months,):
            year, month = year_month(today, shift)
            at = _date(year, month, _last(year, month) if number == -1 else number)
            if at is None and months is not None:
                return Days((date(year, month, _last(year, month)),), code="no_such_day")
            if at is not None and at >= today:
                return Days((at,))
        return Days(code="past")

    return Day(resolve, number=number if months is None else 0)


def of_named_month(month: int, number: int) -> Day:
    """Returns a day (-1: the last one) of the coming month with this number."""
    return Day(lambda today: of_month((month - today.month) % 12, number).resolve(today), month=month)


def of_year(years: int, month: int, number: int) -> Day:
    """Returns a date of the year `years` after this one."""
    return Day(lambda today: written(today.year + years, month, number).resolve(today), month=month, number=number)


def nth_weekday(month: int | None, months: int, nth: int, number: int) -> Day:
    """Returns the n-th weekday (-1: the last) of a month: the coming one with this number, or `months` after this."""

    def resolve(today: date) -> Days:
        shift = months if month is None else (month - today.month) % 12
        for further in (0, 12) if month is not None else (0,):
            at = _nth(*year_month(today, shift + further), nth, number)
            if at is not None and at >= today:
                return Days((at,))
        return Days(code="past" if at else "no_such_day")

    return Day(resolve)


def _nth(year: int, month: int, nth: int, number: int) -> date | None:
    """Returns the n-th weekday of a month; None when there are fewer."""
    fitting = [at for day in range(1, _last(year, month) + 1) if (at := date(year, month, day)).weekday() == number]
    return fitting[nth if nth < 0 else nth - 1] if nth <= len(fitting) else None


def festival(name: str, years: int | None = None, year: int | None = None) -> Day:
    """Returns a festival of the year `years` after this one, or of `year`; of neither the coming one."""

    def resolve(today: date) -> Days:
        try:
            if years is None and year is None:
                at = festivals.coming(name, today)
            else:
                at = festivals.of_year(name, year or today.year + (years or 0))
        except ValueError:  # beyond the table of the lunar calendar
            return Days(code="no_such_day")
        return Days((at,)) if at >= today else Days(code="past")

    month, number = festivals.FIXED_DATES.get(name, (0, 0))
    return Day(resolve, month=month, number=number, lunar=not month)


def lunar_date(month: int, number: int) -> Day:
    """Returns the coming day with this lunar date."""

    def resolve(today: date) -> Days:
        for year in range(today.year - 1, today.year + 2):
            try:
                at = lunar.to_date(lunar.LunarDay(year, month, number))
            except ValueError:
                continue
            if at >= today:
                return Days((at,))
        return Days(code="no_such_day")

    return Day(resolve, lunar=True)


def weekend(weeks: int | None) -> Day:
    """Returns a Saturday and its Sunday, of which the person chooses one."""

    def resolve(today: date) -> Days:
        saturday = today + timedelta(days=7 * (weeks or 0) - today.weekday() + 5)
        days = tuple(at for at in (saturday, saturday + timedelta(days=1)) if at >= today)
        return Days(days)

    return Day(resolve)


def two_readings(first: Day, second: Day) -> Day:
    """Returns a day that two calendars read differently: 12/5."""

    def resolve(today: date) -> Days:
        one, other = first.resolve(today), second.resolve(today)
        return Days(tuple(dict.fromkeys((*one.days, *other.days))), code="" if one.days or other.days else one.code)

    return Day(resolve)


def shifted(day: Day, days: int) -> Day:
    """Returns the day so many days after another one."""

    def resolve(today: date) -> Days:
        # The day itself may be over, while a day after it is not.
        found = day.resolve(today - timedelta(days=max(days, 0)))
        moved = tuple(at + timedelta(days=days) for at in found.days)
        coming = tuple(at for at in moved if at >= today)
        return Days(coming, code=found.code if coming or found.code else "past")

    return Day(resolve)


def later(day: Day, days: int) -> Day:
    """Returns the day so many days after the coming one: "a week from Friday"."""

    def resolve(today: date) -> Days:
        found = day.resolve(today)
        return Days(tuple(at + timedelta(days=days) for at in found.days), code=found.code)

    return Day(resolve)


def year_month(today: date, months: int) -> tuple[int, int]:
    """Returns year and month, so many months after today's."""
    index = today.year * 12 + today.month - 1 + months
    return index // 12, index % 12 + 1


def add_months(at: date, months: int) -> date:
    """Returns the same day so many months later, or the last day of that month."""
    year, month = year_month(at, months)
    return date(year, month, min(at.day, _last(year, month)))


def _last(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
