"""Says times and series in the active language, so that the person sees what was understood."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext, pgettext

from clawdbot.times import Ask, Found, Instant, Outcome, Recurrence, occurrences
from clawdbot.times.pieces import WEEKDAYS

BRIEF = 20  # characters: what the platform with the shortest buttons shows of one
_NEAR_DAYS = 180  # a day and a month that are farther away need their year
_WORKDAYS = frozenset(WEEKDAYS[:5])
_WEEKEND = frozenset(WEEKDAYS[5:])


def describe(found: Found | Outcome, now: datetime, zone: str) -> str:
    """Returns a time in words, in the person's zone: "tomorrow (Tuesday, 1 December) at 15:00".

    Args:
        found: What the parser found. Of a question its choices are said.
        now: The moment of the message; aware.
        zone: The person's zone.
    """
    outcome = found.outcome if isinstance(found, Found) else found
    if isinstance(outcome, Ask):
        return pgettext("between times", ", ").join(describe(choice, now, zone) for choice in outcome.choices)
    if isinstance(outcome, Recurrence):
        return series(outcome, now, zone)
    return moment(outcome, now, zone)


def moment(at: Instant, now: datetime, zone: str) -> str:
    """Returns a moment; without the hour when it has none."""
    local = at.local if at.zone == zone else occurrences.wall(occurrences.attach(at.local, at.zone), zone)
    said = day(local.date(), occurrences.wall(now, zone).date())
    if not at.has_time:
        return said
    return pgettext("a moment", "%(day)s at %(time)s") % {"day": said, "time": clock(local.time())}


def brief(outcome: Instant | Recurrence, now: datetime, zone: str) -> str:
    """Returns a time in `BRIEF` characters at most, as a button needs it: "tomorrow 15:00", "Mon 7 Dec 15:00"."""
    hour = clock(outcome.local.time()) if outcome.has_time else ""
    if isinstance(outcome, Recurrence):
        room = BRIEF - len(hour) - 1
        often = how_often(outcome.rule)
        day = often if len(often) <= room else f"{often[: room - 1].rstrip()}…"
    else:
        local = outcome.local
        if outcome.zone != zone:
            local = occurrences.wall(occurrences.attach(local, outcome.zone), zone)
            hour = hour and clock(local.time())
        away = (local.date() - occurrences.wall(now, zone).date()).days
        near = {0: pgettext("a day", "today"), 1: pgettext("a day", "tomorrow")}.get(away)
        day = near or date_format(local.date(), pgettext("short format of a day", "D j M"))
        if not near and abs(away) > _NEAR_DAYS:
            day = f"{day} {local:%Y}"
    return f"{day} {hour}".strip()


def clock(at: time) -> str:
    """Returns an hour as it is written everywhere: 15:00."""
    return f"{at:%H:%M}"


def day(at: date, today: date) -> str:
    """Returns a day with its date and weekday, and by its name when it is near: "tomorrow (Tuesday, 1 December)"."""
    dated = pgettext("a date", "%(weekday)s, %(date)s") % {"weekday": weekday(at), "date": written(at, today)}
    near = {
        0: pgettext("a day", "today"),
        1: pgettext("a day", "tomorrow"),
        2: pgettext("a day", "the day after tomorrow"),
    }.get((at - today).days)
    return pgettext("a near day", "%(day)s (%(date)s)") % {"day": near, "date": dated} if near else dated


def written(at: date, today: date) -> str:
    """Returns a date, with the year unless it is this one."""
    if at.year == today.year:
        return date_format(at, pgettext("format of a date in this year", "j F"))
    return date_format(at, pgettext("format of a date with its year", "j F Y"))


def weekday(at: date) -> str:
    return date_format(at, "l")


def length(span: timedelta) -> str:
    """Returns a length of time in its largest whole units: "1 day", "90 minutes"."""
    minutes = round(span.total_seconds() / 60)
    for size, said in ((7 * 1440, _weeks), (1440, _days), (60, _hours)):
        if minutes >= size and minutes % size == 0:
            return said(minutes // size)
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def _weeks(count: int) -> str:
    return npgettext("a length", "%(count)s week", "%(count)s weeks", count) % {"count": count}


def _days(count: int) -> str:
    return npgettext("a length", "%(count)s day", "%(count)s days", count) % {"count": count}


def _hours(count: int) -> str:
    return npgettext("a length", "%(count)s hour", "%(count)s hours", count) % {"count": count}


def series(found: Recurrence, now: datetime, zone: str) -> str:
    """Returns a series with its hour, its end and its next occurrence."""
    parts = occurrences.parts_of(found.rule)
    often = how_often(found.rule)
    if found.has_time and parts["FREQ"] not in ("HOURLY", "MINUTELY"):
        hours = _times(parts, found.local)
        if found.zone != zone:  # its hour moves in the person's zone when only one of them has summer time
            hours = _("%(time)s in %(zone)s") % {"time": hours, "zone": found.zone}
        often = pgettext("a series", "%(often)s at %(time)s") % {"often": often, "time": hours}
    first = Instant(found.local, found.zone, found.has_time)
    return pgettext("a series", "%(series)s, first %(first)s") % {
        "series": often + _end(parts),
        "first": moment(first, now, zone),
    }


def _times(parts: dict[str, str], local: datetime) -> str:
    if hours := parts.get("BYHOUR"):
        minute = int(parts.get("BYMINUTE", "0"))
        said = [clock(time(int(hour), minute)) for hour in hours.split(",")]
        return pgettext("between times", ", ").join(said)
    return clock(local.time())


def how_often(rule: str) -> str:
    """Returns how often a rule comes, without hour and end: "every weekday". Returns the rule where no words fit."""
    try:
        return _often(rule) if rule else ""
    except (KeyError, ValueError):
        return rule


def _often(rule: str) -> str:
    parts = occurrences.parts_of(rule)
    every = int(parts.get("INTERVAL", "1"))
    match parts["FREQ"]:
        case "MINUTELY":
            return pgettext("a series", "every %(n)s minutes") % {"n": every}
        case "HOURLY":
            return pgettext("a series", "every hour") if every == 1 else _hourly(every)
        case "DAILY":
            return pgettext("a series", "every day") if every == 1 else _daily(every)
        case "WEEKLY":
            return _weekly(parts["BYDAY"], every)
        case "MONTHLY":
            return _monthly(parts, every)
    month = date(2024, int(parts.get("BYMONTH", "1")), 1)
    number = int(parts.get("BYMONTHDAY", "1"))
    at = month.replace(day=number) if number > 0 else date(2023, 2, 28)
    named = date_format(at, pgettext("format of a date in this year", "j F"))
    return pgettext("a series", "every year on %(date)s") % {"date": named}


def _hourly(every: int) -> str:
    return pgettext("a series", "every %(n)s hours") % {"n": every}


def _daily(every: int) -> str:
    return pgettext("a series", "every %(n)s days") % {"n": every}


def _weekly(days: str, every: int) -> str:
    named = set(days.split(","))
    if every == 1 and named == _WORKDAYS:
        return pgettext("a series", "every weekday (Monday to Friday)")
    if every == 1 and named == _WEEKEND:
        return pgettext("a series", "every weekend")
    said = _names(days)
    if every == 1:
        return pgettext("a series", "every %(days)s") % {"days": said}
    return pgettext("a series", "every %(n)s weeks on %(days)s") % {"n": every, "days": said}


def _monthly(parts: dict[str, str], every: int) -> str:
    if every == 1:
        often = pgettext("a series", "every month")
    else:
        often = pgettext("a series", "every %(n)s months") % {"n": every}
    if days := parts.get("BYDAY"):
        number, name = int(days[:-2]), _names(days[-2:])
        if number < 0:
            return pgettext("a series", "%(often)s on the last %(day)s") % {"often": often, "day": name}
        return pgettext("a series", "%(often)s on %(day)s number %(n)s") % {"often": often, "day": name, "n": number}
    said = [
        pgettext("a day of the month", "the last day")
        if number == "-1"
        else pgettext("a day of the month", "day %(n)s") % {"n": number}
        for number in parts.get("BYMONTHDAY", "1").split(",")
    ]
    return pgettext("a series", "%(often)s on %(days)s") % {
        "often": often,
        "days": pgettext("between days", " and ").join(said),
    }


def _names(days: str) -> str:
    monday = date(2024, 1, 1)
    names = [weekday(monday + timedelta(days=WEEKDAYS.index(name))) for name in days.split(",")]
    if len(names) == 1:
        return names[0]
    return pgettext("between days", " and ").join([pgettext("between times", ", ").join(names[:-1]), names[-1]])


def _end(parts: dict[str, str]) -> str:
    if count := parts.get("COUNT"):
        return npgettext("a series", ", %(count)s time", ", %(count)s times", int(count)) % {"count": count}
    if until := parts.get("UNTIL"):
        at = date(int(until[:4]), int(until[4:6]), int(until[6:8]))
        text = date_format(at, pgettext("format of a date with its year", "j F Y"))
        return pgettext("a series", ", until %(date)s") % {"date": text}
    return ""
