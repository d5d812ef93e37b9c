"""The periods of the limits: a minute, a day and a month of the installation's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
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
    minute = now.replace(second=0, microsecond=0)
    if unit == Unit.MESSAGES:
        return Period(f"{minute.timestamp() // 60:.0f}", minute, minute + timedelta(minutes=1))
    return _of_day(unit, minute, settings.TIME_ZONE)


@lru_cache(64)
def _of_day(unit: str, minute: datetime, zone_key: str) -> Period:
    local = minute.astimezone(ZoneInfo(zone_key))
    first = local.date().replace(day=1) if unit == Unit.MONEY else local.date()
    following = (first + timedelta(days=32)).replace(day=1) if unit == Unit.MONEY else first + timedelta(days=1)
    key = f"{first:%Y-%m}" if unit == Unit.MONEY else first.isoformat()
    zone = ZoneInfo(zone_key)
    return Period(key, midnight(first, zone), midnight(following, zone))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Returns when a day begins. Where the clocks skip midnight, that is the first moment after the gap."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)
