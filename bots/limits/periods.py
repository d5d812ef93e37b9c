"""The periods of the limits: a minute, a day and a month of the installation's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from bots.models import Unit


@dataclass(frozen=True, slots=True)
class Period:
    """One period. `key` names it within its unit; `start` and `end` are aware times."""

    key: str
    start: datetime
    end: datetime

    @property
    def first_day(self) -> date:
        return self.start.date()


def zone() -> ZoneInfo:
    """Returns the time zone in which days and months begin: `time_zone` of the settings."""
    return ZoneInfo(settings.TIME_ZONE)


def today(now: datetime) -> date:
    return now.astimezone(zone()).date()


def of(unit: str, now: datetime) -> Period:
    """Returns the period of a unit that contains this moment.

    Days and months are those of the calendar: the day on which the clocks change has 23 or 25 hours.
    """
    local = now.astimezone(zone())
    if unit == Unit.MESSAGES:
        start = now.replace(second=0, microsecond=0)
        return Period(f"{start.timestamp() // 60:.0f}", start, start + timedelta(minutes=1))
    first = local.date().replace(day=1) if unit == Unit.MONEY else local.date()
    following = (first + timedelta(days=32)).replace(day=1) if unit == Unit.MONEY else first + timedelta(days=1)
    key = f"{first:%Y-%m}" if unit == Unit.MONEY else first.isoformat()
    return Period(key, midnight(first), midnight(following))


def midnight(day: date) -> datetime:
    """Returns when a day begins. Where the clocks skip midnight, that is the first moment after the gap."""
    return datetime(day.year, day.month, day.day, tzinfo=zone())
