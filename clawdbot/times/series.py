"""Resolves an expression with "every" to a rule, or to a question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from clawdbot.times import hours, instants, occurrences
from clawdbot.times.instants import Now
from clawdbot.times.pieces import WEEKDAYS, Clock, Day, Every, Part
from clawdbot.times.scan import Expression
from clawdbot.times.types import Ask, Instant, Recurrence

SHORTEST = timedelta(minutes=5)
"""A series that comes more often is refused: nobody wants it, and it floods the chat."""
_STEP = {"SECONDLY": timedelta(seconds=1), "MINUTELY": timedelta(minutes=1), "HOURLY": timedelta(hours=1)}
_END_OF_DAY = time(23, 59, 59)
_SHORT_MONTHS = 28


def resolve(found: Expression, now: Now) -> Recurrence | Ask:
    """Returns the series that an expression means. Its first occurrence is later than now."""
    every = found.every
    assert every is not None  # noqa: S101 (the caller looked)
    if found.unclear:
        return Ask(found.unclear.code)
    if every.freq in _STEP:
        return _elapsed(found, every, now)
    if every.other:
        apart = (resolve(_with(found, replace(every, interval=n, other=0)), now) for n in (every.interval, every.other))
        return Ask("ambiguous", tuple(one for one in apart if isinstance(one, Recurrence)))
    if found.day and found.day.lunar and every.freq == "YEARLY":
        return _lunar(found, now)
    if every.freq in ("MONTHLY", "YEARLY") and not (every.monthdays or every.weekdays or _names_date(found.day)):
        return Ask("range")
    every = _without(_on_day(every, found.day, now.today), found)
    if every is None:  # "every other day except weekends"
        return Ask("series")
    if every.freq == "YEARLY" and found.day and (found.day.month, found.day.number) == (2, 29):
        every = replace(every, monthdays=(29,))
    if _is_short(every):
        return _ask_days(found, every, now)
    return _ask_hours(found, every, now)


def _with(found: Expression, every: Every) -> Expression:
    return replace(found, every=every)


def _lunar(found: Expression, now: Now) -> Ask:
    """No RRULE follows the moon, so the person may have the coming day alone."""
    once = instants.resolve(replace(found, every=None), now)
    return Ask("lunar", (once,) if isinstance(once, Instant) else ())


def _on_day(every: Every, day: Day | None, today: date) -> Every:
    """Completes "every week", "every month" and "every year" by the day that stands beside it, else by today."""
    if every.weekdays or every.monthdays:
        return every
    if every.freq == "WEEKLY":
        number = day.weekday if day and day.weekday is not None else today.weekday()
        return replace(every, weekdays=(WEEKDAYS[number],))
    if every.freq == "MONTHLY":
        return replace(every, monthdays=(day.number if day and day.number else today.day,))
    return every


def _names_date(day: Day | None) -> bool:
    return day is not None and (bool(day.number) or day.weekday is None)


def _without(every: Every, found: Expression) -> Every | None:
    """Leaves out the days of "except Sunday". Returns None when nothing remains."""
    if found.without is None:
        return every
    days = every.weekdays or WEEKDAYS
    left = tuple(day for day in days if day not in found.without.weekdays)
    return replace(every, freq="WEEKLY", weekdays=left) if left and every.interval == 1 else None


def _is_short(every: Every) -> bool:
    """Returns whether some months or years have no such day."""
    return any(number > _SHORT_MONTHS for number in every.monthdays)


def _ask_days(found: Expression, every: Every, now: Now) -> Ask:
    """Not every month has a 31st: asks whether the last day is meant, or only the months that have it."""
    last = replace(every, monthdays=tuple(dict.fromkeys(-1 if n > _SHORT_MONTHS else n for n in every.monthdays)))
    made = (_ask_hours(found, one, now) for one in (last, every))
    return Ask("ambiguous", tuple(one for one in made if isinstance(one, Recurrence)))


def _ask_hours(found: Expression, every: Every, now: Now) -> Recurrence | Ask:
    """Makes a series for each reading of the hour: one, or the question which."""
    hour = hours.likely(hours.read(found.clock, found.part, now.text))
    made = [_series(found, every, minutes, now) for minutes in hour.readings or (None,)]
    if asked := next((one for one in made if isinstance(one, Ask)), None):
        return asked
    series = tuple(replace(one, assumed=one.assumed or hour.assumed) for one in made if isinstance(one, Recurrence))
    return series[0] if len(series) == 1 else Ask("ambiguous", series)


def _series(found: Expression, every: Every, minutes: int | None, now: Now) -> Recurrence | Ask:
    rule = _rule(every, found, now)
    if rule is None:
        return Ask("no_such_day")
    start = _start(found, every, now)
    if start is None:
        return Ask("past")
    at = datetime.combine(start, time()) + timedelta(minutes=minutes or 0)
    # Without the interval the first occurrence is the next fitting day, not one that a count from today skips.
    plain = ";".join(part for part in rule.split(";") if not part.startswith(("INTERVAL", "COUNT", "UNTIL")))
    first = occurrences.after(at, plain, now.zone, now.at) if minutes is not None else _first_day(at, plain, now)
    if first is None:
        return Ask("past")
    local = occurrences.wall(first, now.zone).replace(hour=at.hour, minute=at.minute, second=0)
    end = _end(found, local, now)
    if isinstance(end, Ask):
        return end
    if end is not None and end[1] is not None and end[1] < local:
        return Ask("past")
    return Recurrence(local, rule + (end[0] if end else ""), now.zone, has_time=minutes is not None)


def _first_day(at: datetime, rule: str, now: Now) -> datetime | None:
    midnight = occurrences.attach(datetime.combine(now.today, time()), now.zone)
    return occurrences.after(at, rule, now.zone, midnight - timedelta(seconds=1))


def _start(found: Expression, every: Every, now: Now) -> date | None:
    """Returns the first day that may be an occurrence: the day that the text names beside the series, or today."""
    day = found.day
    names_day = day is not None and (
        (every.freq == "WEEKLY" and day.weekday is not None and found.every is not None and not found.every.weekdays)
        or (every.freq == "MONTHLY" and day.number and not day.month)
        or every.freq == "YEARLY"
    )
    if day is None or names_day:
        return now.today
    days = day.resolve(now.today).days
    return days[0] if days else None


def _rule(every: Every, found: Expression, now: Now) -> str | None:
    parts = [f"FREQ={every.freq}"]
    if every.interval > 1:
        parts.append(f"INTERVAL={every.interval}")
    if every.weekdays:
        parts.append("BYDAY=" + ",".join(every.weekdays))
    if every.monthdays and every.freq == "MONTHLY":
        parts.append("BYMONTHDAY=" + ",".join(map(str, every.monthdays)))
    if every.freq == "YEARLY":
        month, number = (now.today.month, now.today.day)
        if found.day is not None:
            days = found.day.resolve(now.today)
            if days.code and not days.days and not (found.day.month and found.day.number):
                return None
            month, number = found.day.month, found.day.number
            if not (month and number):
                month, number = days.days[0].month, days.days[0].day
        if number > 31 or month > 12 or (month, number) in ((2, 30), (2, 31)):
            return None
        parts.append(f"BYMONTH={month};BYMONTHDAY={every.monthdays[0] if every.monthdays else number}")
    return ";".join(parts)


def _end(found: Expression, local: datetime, now: Now) -> tuple[str, datetime | None] | Ask | None:
    """Returns the part of the rule that ends the series, and the last wall time."""
    if found.count and found.count.times:
        return f";COUNT={found.count.times}", None
    last: datetime | None = None
    if found.count and found.count.days:
        last = datetime.combine(local.date() + timedelta(days=found.count.days - 1), _END_OF_DAY)
    if found.until:
        end = instants.resolve(found.until, now)
        if isinstance(end, Ask):
            return end
        last = end.local if end.has_time and found.until.clock else datetime.combine(end.local.date(), _END_OF_DAY)
    return (f";UNTIL={last:%Y%m%dT%H%M%S}", last) if last else None


def _elapsed(found: Expression, every: Every, now: Now) -> Recurrence | Ask:
    """A series of hours or minutes: it begins one step from now, or at the hour that is named."""
    step = _STEP[every.freq] * every.interval
    if step < SHORTEST:
        return Ask("too_often")
    if found.to is not None:
        return _within_hours(found, every, now)
    local = (now.wall + step).replace(second=0, microsecond=0)
    assumed = False
    if found.clock or found.day:
        start = instants.resolve(replace(found, every=None), now)
        if isinstance(start, Ask):
            return start
        if not start.has_time:
            return Ask("ambiguous")
        local, assumed = start.local, start.assumed
    rule = f"FREQ={every.freq}" + (f";INTERVAL={every.interval}" if every.interval > 1 else "")
    end = _end(found, local, now)
    if isinstance(end, Ask):
        return end
    if end is not None and end[1] is not None and end[1] < local:
        return Ask("past")
    return Recurrence(local, rule + (end[0] if end else ""), now.zone, assumed=assumed)


def _within_hours(found: Expression, every: Every, now: Now) -> Recurrence | Ask:
    """Reads "every two hours from 9 to 17 on weekdays", which names hours of each day."""
    to = found.to
    first = _hour(found.clock, found.part, now)
    last = _hour(to.clock, to.part, now) if to else None
    if every.freq != "HOURLY" or first is None or last is None or first.minute or last.hour <= first.hour:
        return Ask("ambiguous")
    days = tuple(day for day in WEEKDAYS if found.without is None or day not in found.without.weekdays)
    if not days:
        return Ask("series")
    named = ",".join(str(hour) for hour in range(first.hour, last.hour + 1, every.interval))
    freq = "FREQ=DAILY" if len(days) == len(WEEKDAYS) else f"FREQ=WEEKLY;BYDAY={','.join(days)}"
    rule = f"{freq};BYHOUR={named};BYMINUTE=0"
    start = datetime.combine(now.today, time(first.hour))
    moment = occurrences.after(start, rule, now.zone, now.at)
    return Recurrence(occurrences.wall(moment, now.zone), rule, now.zone, assumed=True) if moment else Ask("past")


def _hour(clock: Clock | None, part: Part | None, now: Now) -> time | None:
    readings = hours.likely(hours.read(clock, part, now.text)).readings
    return time(readings[0] // 60, readings[0] % 60) if clock and readings and readings[0] < hours.DAY else None
