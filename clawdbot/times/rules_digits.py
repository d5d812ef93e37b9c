"""Rules for dates in digits. Their order differs by language."""

from __future__ import annotations

import re
from datetime import date, datetime
from re import Match

from clawdbot.times import pieces, rules
from clawdbot.times.pieces import Clock, Day, Moment, Value

_ISO = re.compile(
    r"(?<![\d/.-])(?P<year>20\d\d)(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)"
    r"(?:(?:t| at | |,)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)? ?(?P<offset>z(?![a-z])|[+-]\d\d:?\d\d)?)?"
)
_SHORT = re.compile(
    r"(?<![\d/.-])(?!24/7)(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/(?P<year>(?:20)?\d\d))?(?![\d/%])(?! ?(?:of|cups?|杯|的|teaspoons?))"
)
_DOTTED = re.compile(
    r"(?<![\d/.-])(?P<first>\d{1,2})\.(?P<second>\d{1,2})\.(?:(?P<year>20\d\d)(?![\d.])|(?= (?:at|um) \d))"
)
_DASHED = re.compile(r"(?<![\d/.-])(?P<first>\d{1,2})-(?P<second>\d{1,2})-(?P<year>20\d\d)(?![\d-])")


def _iso(match: Match[str]) -> tuple[Value, ...]:
    year, month, number = int(match["year"]), int(match["month"]), int(match["day"])
    if not _is_day(month, number):
        raise ValueError("no date")
    day = pieces.written(year, month, number)
    if match["hour"] is None:
        return (day,)
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 23 or minute > 59:
        raise ValueError("no time of day")
    if match["offset"] is None:
        return (day, Clock(hour, minute, exact=True))
    date(year, month, number)  # a day that does not exist is no moment
    text = f"{year}-{month:02}-{number:02}T{hour:02}:{minute:02}:{match['second'] or '00'}{match['offset']}"
    return (Moment(datetime.fromisoformat(text.upper())),)


def _short(match: Match[str], *, month_first: bool) -> tuple[Value, ...]:
    first, second = int(match["first"]), int(match["second"])
    year = int(match["year"][-2:]) + 2000 if match["year"] else None
    by_month = pieces.written(year, first, second) if _is_day(first, second) else None
    by_day = pieces.written(year, second, first) if _is_day(second, first) else None
    if by_month and (month_first or not by_day or first == second):
        return (by_month,)
    if by_month and by_day:
        return (pieces.two_readings(by_day, by_month),)
    if by_day:
        return (by_day,)
    raise ValueError("no date")


def _is_day(month: int, number: int) -> bool:
    return 1 <= month <= 12 and 1 <= number <= 31


def _dotted(match: Match[str]) -> tuple[Value, ...]:
    day: Day = pieces.written(int(match["year"]) if match["year"] else None, int(match["second"]), int(match["first"]))
    return (day,)


def _sections(*, month_first: bool) -> rules.Compiled:
    table: tuple[tuple[re.Pattern[str], rules.Reader], ...] = (
        (_ISO, _iso),
        (_DOTTED, _dotted),
        (_DASHED, lambda match: _short(match, month_first=month_first)),
        (_SHORT, lambda match: _short(match, month_first=month_first)),
    )
    return ((re.compile(r"\d[-/.]\d"), table),)


ZH = _sections(month_first=True)
"""In Chinese 12/5 is 5 December."""
EN = _sections(month_first=False)
"""In English 12/5 is 5 December or 12 May, depending on the country."""
