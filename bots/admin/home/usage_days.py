"""Usage by day, for the chart of the dashboard."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from cachetools import TTLCache, cached
from django.db.models import Count, F, Sum

from bots.models import TurnUsage

DAYS = 7
_KEPT_S = 3600.0  # a past day changes only when rows are deleted
_past: TTLCache[object, Day] = TTLCache(maxsize=1024, ttl=_KEPT_S)


@dataclass(frozen=True, slots=True)
class Day:
    """Usage of one day in the reader's time zone."""

    day: date
    turns: int
    tokens: int
    cost: Decimal


def last_days(bots: Sequence[int], today: datetime) -> tuple[Day, ...]:
    """Returns the last days, oldest first. Past days are read once an hour, so the cost is that of today's rows.

    Args:
        bots: Ids of the bots.
        today: Midnight of today in the reader's time zone.
    """
    key = tuple(sorted(bots))
    starts = [_midnight(today, offset) for offset in range(DAYS - 1, -1, -1)]
    return (*(_past_day(key, start) for start in starts[:-1]), _read(key, today))


def clear_cache() -> None:
    _past.clear()


def _midnight(today: datetime, days_ago: int) -> datetime:
    # Wall time: a day in which the clocks change has 23 or 25 hours.
    return (today.replace(tzinfo=None) - timedelta(days=days_ago)).replace(tzinfo=today.tzinfo)


@cached(_past, lock=threading.Lock())
def _past_day(bots: tuple[int, ...], start: datetime) -> Day:
    return _read(bots, start)


def _read(bots: tuple[int, ...], start: datetime) -> Day:
    rows = TurnUsage.objects.filter(bot_id__in=bots, created_at__gte=start, created_at__lt=_midnight(start, -1))
    found = rows.order_by().aggregate(
        turns=Count("id"), tokens=Sum(F("prompt_tokens") + F("completion_tokens")), cost=Sum("cost")
    )
    return Day(start.date(), found["turns"], found["tokens"] or 0, found["cost"] or Decimal(0))
