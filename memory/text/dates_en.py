"""Rules for dates and periods in English texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from re import Match

from clawdbot.times.numerals import MONTH_NUMBER, WEEKDAYS
from memory.text import calendar
from memory.text.calendar import DateCue

_NUMBERS = ["a", "an", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NUMBER_WORDS = dict(zip(_NUMBERS, (1, 1, *range(1, 11)), strict=True)) | {"a couple of": 2, "a couple": 2}
_SHIFT = {"last": -1, "past": -1, "previous": -1, "this": 0, "next": 1, "coming": 1}
_DAY_SHIFT = {
    "the day before yesterday": -2, "yesterday": -1, "last night": -1, "today": 0, "tonight": 0, "this morning": 0,
    "this afternoon": 0, "this evening": 0, "tomorrow": 1, "the day after tomorrow": 2,
}  # fmt: skip

_M = "|".join(sorted(MONTH_NUMBER, key=len, reverse=True))
_N = r"\d{1,3}|" + "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
_W = "|".join(WEEKDAYS)
_DAYS = "|".join(sorted(_DAY_SHIFT, key=len, reverse=True))


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _NUMBER_WORDS[text]


def _shifted(now: date, count: int, unit: str) -> DateCue:
    if unit == "day":
        return calendar.one_day(now + timedelta(days=count))
    if unit == "year":
        return calendar.year_of(now.year + count)
    if unit == "month":
        return calendar.month_from(now, count)
    if unit == "weekend":
        return calendar.weekend(calendar.monday(now, count))
    return calendar.week_of(now, count)


def _weekday(match: Match[str], now: date) -> DateCue:
    number = WEEKDAYS.index(match[2])
    if match[1] in ("this", "next", "coming"):
        weeks = 1 if match[1] == "next" else 0
        return calendar.one_day(calendar.monday(now, weeks) + timedelta(days=number))
    return calendar.latest_weekday(now, number)


Rule = tuple[re.Pattern[str], Callable[[Match[str], date], DateCue]]

RULES: tuple[Rule, ...] = (
    (
        re.compile(rf"\b({_M})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}}))?"),
        lambda m, now: calendar.written(m[3], MONTH_NUMBER[m[1]], int(m[2])),
    ),
    (
        re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_M})\b\.?(?:,? (\d{{4}}))?"),
        lambda m, now: calendar.written(m[3], MONTH_NUMBER[m[2]], int(m[1])),
    ),
    (re.compile(rf"\b({_M})\.?,? (\d{{4}})\b"), lambda m, now: calendar.written(m[2], MONTH_NUMBER[m[1]], 0)),
    (
        re.compile(rf"\b(?:in|during|since|this|last|next|of|early|late|mid) ({_M})\b(?!\.? \d)"),
        lambda m, now: calendar.written(None, MONTH_NUMBER[m[1]], 0),
    ),
    (re.compile(r"\b(?:in|during|of|since) ((?:19|20)\d{2})\b"), lambda m, now: calendar.year_of(int(m[1]))),
    (re.compile(rf"\b({_N}) (day|week|month|year)s? ago\b"), lambda m, now: _shifted(now, -_number(m[1]), m[2])),
    (
        re.compile(rf"\bin ({_N}) (day|week|month|year)s?(?: time|'s? time)?\b"),
        lambda m, now: _shifted(now, _number(m[1]), m[2]),
    ),
    (
        re.compile(r"\b(last|past|previous|this|next|coming) (week|month|year|weekend)\b"),
        lambda m, now: _shifted(now, _SHIFT[m[1]], m[2]),
    ),
    (re.compile(rf"\b(last|this|next|coming) ({_W})\b"), _weekday),
    (re.compile(rf"\b({_DAYS})\b"), lambda m, now: calendar.one_day(now + timedelta(days=_DAY_SHIFT[m[1]]))),
)
VAGUE: tuple[Rule, ...] = ((re.compile(rf"\b(on )?({_W})\b"), _weekday),)
