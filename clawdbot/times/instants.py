"""Resolves an expression to one moment, or to the question which one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from clawdbot.times import hours, occurrences, pieces
from clawdbot.times.hours import Hour
from clawdbot.times.pieces import Days, Offset
from clawdbot.times.scan import Expression
from clawdbot.times.types import Ask, Instant

_EARLY = 5
"""Before this hour "tomorrow" is the coming day for some and the next one for others."""
_LATE = 22
MOST_CHOICES = 4
_MIDNIGHT = time()
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of the message.

    Attributes:
        at: Aware.
        zone: The person's zone, an IANA name.
        text: The message, for words such as "breakfast" that tell morning from evening.
        day: What is "today" when that is not the day of `zone`.
        hour: The hour that the person has; -1 for that of `zone`.
    """

    at: datetime
    zone: str
    text: str = ""
    day: date | None = None
    hour: int = -1

    @property
    def wall(self) -> datetime:
        return occurrences.wall(self.at, self.zone)

    @property
    def today(self) -> date:
        return self.day or self.wall.date()

    @property
    def early(self) -> bool:
        return self._hour < _EARLY

    @property
    def night(self) -> bool:
        return self.early or self._hour >= _LATE

    @property
    def _hour(self) -> int:
        return self.wall.hour if self.hour < 0 else self.hour


def resolve(found: Expression, now: Now) -> Instant | Ask:
    """Returns the moment that an expression without a series means. Never a moment that is over."""
    if found.moment:
        return _checked(Instant(occurrences.wall(found.moment.at, now.zone), now.zone), now)
    if found.unclear:
        return _unclear(found.unclear.code, now)
    hour = hours.read(found.clock, found.part, now.text)
    if found.offset:
        return _distant(found.offset, hour, now)
    if found.day:
        return _dated(found, hour, now)
    return _coming(found, hour, now)


def _unclear(code: str, now: Now) -> Ask:
    if code != "vague":
        return Ask(code)
    choices = (_later(now, Offset(minutes=minutes)) for minutes in (10, 30, 60))
    return Ask(code, tuple(Instant(at, now.zone) for at in choices))


def _later(now: Now, offset: Offset) -> datetime:
    """Adds minutes as elapsed time, and days and months on the calendar."""
    day = now.wall
    if offset.months or offset.days:
        shifted = pieces.add_months(day.date(), offset.months) + timedelta(days=offset.days)
        day = datetime.combine(shifted, day.time())
    if not offset.minutes:
        return day.replace(microsecond=0)
    moment = occurrences.attach(day, now.zone) if offset.months or offset.days else now.at
    return occurrences.wall(moment + timedelta(minutes=offset.minutes), now.zone).replace(microsecond=0)


def _distant(offset: Offset, hour: Hour, now: Now) -> Instant | Ask:
    if offset.past:
        return Ask("past")
    try:
        at = _later(now, offset)
    except (OverflowError, ValueError):  # in 9999 years
        return Ask("no_such_day")
    if hour.readings:
        return _on_days(Days((at.date(),)), hours.likely(hour), now)
    exact = now.at + timedelta(minutes=offset.minutes)
    if offset.minutes and not offset.days and not offset.months and occurrences.attach(at, now.zone) < exact - _SECOND:
        # The clock shows this hour twice, and wall time stands for the first: in UTC the distance is right.
        return Instant(occurrences.wall(exact, "UTC").replace(microsecond=0), "UTC")
    return Instant(at, now.zone, assumed=not offset.minutes)


def _dated(found: Expression, hour: Hour, now: Now) -> Instant | Ask:
    assert found.day is not None  # noqa: S101 (the caller looked)
    days = found.day.resolve(now.today)
    if days.code == "past" and not days.days:
        return Ask("past")
    shift = found.day.today
    if shift == 0 and found.clock and len(hour.readings) > 1:
        return _today(hour, now)
    if shift != 0 and found.part and found.part.name == "midnight" and not found.clock:
        return _on_days(days, Hour((0, hours.DAY), assumed=True), now)  # the night before the day, or behind it
    if shift is not None and shift > 0 and now.early and days.days:
        # Said after midnight, "tomorrow morning" is for most people after the coming sleep.
        days = Days((days.days[0] - timedelta(days=1), *days.days))
    return _on_days(days, hours.likely(hour), now)


def _today(hour: Hour, now: Now) -> Instant | Ask:
    left = tuple(one for one in hour.readings if _combine(now.today, one) > now.wall)
    if not left:
        return _past(now.today, hour, now)
    if len(left) == 2 and not now.night:
        left = hours.likely(Hour(left)).readings
    return _on_days(Days((now.today,)), Hour(left, assumed=True), now)


def _past(day: date, hour: Hour, now: Now) -> Ask:
    """Asks whether a time that is over today is meant for tomorrow."""
    tomorrow = max(day, now.today) + timedelta(days=1)
    chosen = hours.likely(hour).readings
    return Ask("past", tuple(Instant(_combine(tomorrow, one), now.zone) for one in chosen))


def _on_days(days: Days, hour: Hour, now: Now) -> Instant | Ask:
    """Combines days with the readings of an hour: one moment, or the question which of them."""
    has_time = bool(hour.readings)
    moments = [_combine(day, one) for day in days.days for one in hour.readings or (0,)]
    coming = [at for at in moments if (at > now.wall if has_time else at.date() >= now.today)]
    assumed = hour.assumed or days.assumed or len(moments) > len(coming)
    choices = tuple(Instant(at, now.zone, has_time, assumed) for at in sorted(set(coming)))[:MOST_CHOICES]
    if days.code:
        return Ask(days.code, choices)
    if not choices:
        return _past(days.days[0], hour, now) if days.days else Ask("past")
    return choices[0] if len(choices) == 1 else Ask("ambiguous", choices)


def _coming(found: Expression, hour: Hour, now: Now) -> Instant | Ask:
    """Resolves an hour without a day: the next one, or the question which when two are as likely."""
    tomorrow = now.today + timedelta(days=1)
    moments = sorted(
        at
        for day in (now.today - timedelta(days=1), now.today, tomorrow)
        for one in hour.readings
        if (at := _combine(day, one)) > now.wall
    )
    if len(hour.readings) == 1:
        if found.clock is None and found.part and _is_running(found.part.name, moments[0], now):
            soon = Instant(_later(now, Offset(minutes=60)), now.zone)
            return Ask("ambiguous", (soon, Instant(moments[0], now.zone, assumed=True)))
        assumed = hour.assumed or moments[0].date() != now.today
        return Instant(moments[0], now.zone, assumed=assumed)
    first, second = moments[:2]
    likely = hours.likely(hour)
    if len(likely.readings) == 1 and not now.night and first == _combine(now.today, likely.readings[0]):
        return Instant(first, now.zone, assumed=True)
    if now.night and first.date() == now.today and first - now.wall < timedelta(hours=1):
        return Instant(first, now.zone, assumed=True)
    if len(likely.readings) == 1 and not now.night and second == _combine(second.date(), likely.readings[0]):
        first, second = second, first
    return Ask("ambiguous", tuple(Instant(at, now.zone, assumed=True) for at in (first, second)))


def _is_running(part: str, moment: datetime, now: Now) -> bool:
    """Returns whether a part of the day has begun and its usual hour is over: "in the afternoon" at four."""
    return moment.date() > now.today and now.wall.hour < hours.ENDS[part] and part not in ("dawn", "midnight")


def _combine(day: date, minutes: int) -> datetime:
    return datetime.combine(day, _MIDNIGHT) + timedelta(minutes=minutes)


def _checked(found: Instant, now: Now) -> Instant | Ask:
    return found if found.local > now.wall else Ask("past")
