"""Days and periods, and date arithmetic for relative words ("last", "ago", 上, 前)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

_NEAR_DAYS = 120


@dataclass(frozen=True, slots=True)
class DateCue:
    """A day or period in a text.

    Either an interval of days from `start` (inclusive) to `end` (exclusive), or, with `start` None, a month (and
    optionally a day) of any year.
    """

    start: date | None = None
    end: date | None = None
    month: int = 0
    day: int = 0

    @property
    def days(self) -> int:
        """Number of days; a shorter period is more specific."""
        if self.start is not None and self.end is not None:
            return (self.end - self.start).days
        return 1 if self.day else 30


class Found(NamedTuple):
    """A date and its position in the text. vague: past or future is unclear, as for "Friday" alone."""

    begin: int
    stop: int
    cue: DateCue
    vague: bool = False


def one_day(at: date) -> DateCue:
    return DateCue(at, at + timedelta(days=1))


def weekend(monday: date) -> DateCue:
    return DateCue(monday + timedelta(days=5), monday + timedelta(days=7))


def month_of(year: int, month: int) -> DateCue:
    return DateCue(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))


def year_of(year: int) -> DateCue:
    return DateCue(date(year, 1, 1), date(year + 1, 1, 1))


def week_of(now: date, weeks: int) -> DateCue:
    """Returns the calendar week (from Monday) `weeks` after this one; negative: before it."""
    start = monday(now, weeks)
    return DateCue(start, start + timedelta(days=7))


def monday(now: date, weeks: int) -> date:
    return now + timedelta(days=7 * weeks - now.weekday())


def month_from(now: date, months: int) -> DateCue:
    index = now.year * 12 + now.month - 1 + months
    return month_of(index // 12, index % 12 + 1)


def latest_weekday(now: date, number: int) -> DateCue:
    """Returns the latest past day with this weekday (0: Monday)."""
    return one_day(now - timedelta(days=(now.weekday() - number) % 7 or 7))


def written(year: str | int | None, month: int, day: int) -> DateCue:
    """Returns a date from its written parts. Raises ValueError when there is no such day."""
    if year and day:
        return one_day(date(int(year), month, day))
    if year:
        return month_of(int(year), month)
    date(2024, month, day or 1)  # refuses 31 February; a leap year, so that 29 February is valid
    return DateCue(month=month, day=day)


def nearest_year(cue: DateCue, now: date) -> DateCue:
    """Completes a date without a year by the year that brings it close to `now`; else returns it unchanged.

    Half a year away it is unclear whether "on 30 December" is past or future.
    """
    if cue.start is not None:
        return cue
    candidates = []
    for year in (now.year - 1, now.year, now.year + 1):
        try:
            candidates.append(written(year, cue.month, cue.day))
        except ValueError:  # 29 February of another year
            continue
    near = [found for found in candidates if abs(((found.start or now) - now).days) <= _NEAR_DAYS]
    return near[0] if near else cue
