"""Dates and periods named in a question, in English and Chinese, resolved against `now` by rule.

A date without a year means every year: people ask "what did I do on 5月2日" about whatever year they talked in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_NUMBER = {name: i for i, name in enumerate(MONTHS, 1)} | {name[:3]: i for i, name in enumerate(MONTHS, 1)}
_MONTH_NUMBER["sept"] = 9
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = ["a", "an", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_NUMBER_WORDS = dict(zip(_NUMBERS, (1, 1, *range(1, 11)), strict=True))
_HAN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}

_M = "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True))
_N = r"\d{1,3}|" + "|".join(_NUMBER_WORDS)
_H = r"\d{1,3}|[零〇一二两三四五六七八九十]{1,3}"
_W = "|".join(WEEKDAYS)
_WEEK_ZH = r"(?:周|星期|礼拜)"

_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_MONTH_DAY = re.compile(rf"\b({_M})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (\d{{4}}))?")
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_M})\b\.?(?:,? (\d{{4}}))?")
_MONTH_YEAR = re.compile(rf"\b({_M})\.?,? (\d{{4}})\b")
_MONTH_ONLY = re.compile(rf"\b(?:in|during|since|this|last|of|early|late|mid) ({_M})\b(?!\.? \d)")
_YEAR = re.compile(r"\b(?:in|during|of|since) ((?:19|20)\d{2})\b")
_AGO = re.compile(rf"\b({_N}) (day|week|month|year)s? ago\b")
_LAST_UNIT = re.compile(r"\b(last|past|previous|this) (week|month|year|weekend)\b")
_WEEKDAY = re.compile(rf"\b(last|this|on)? ?({_W})\b")
_RELATIVE_DAY = re.compile(r"\b(the day before yesterday|yesterday|today|last night)\b")

_ZH_YMD = re.compile(rf"(?:(\d{{4}})年)?({_H})月(?:({_H})[日号號])?")
_ZH_YEAR = re.compile(r"(\d{4})年(?!\d{1,2}月)")
_ZH_DAY = re.compile(r"大前天|前天|昨天|昨晚|今天|今早|今晚")
_ZH_AGO = re.compile(rf"({_H})(天|个?月|年|个?(?:周|星期|礼拜))(?:以|之)?前")
_ZH_WEEK = re.compile(rf"(上上|上|这|本)?个?{_WEEK_ZH}([一二三四五六日天])?")
_ZH_UNIT = re.compile(r"上个?月|这个?月|本月|去年|前年|今年|上周末")


@dataclass(frozen=True, slots=True)
class DateCue:
    """A day or period a question names.

    Either an interval of days, `start` inclusive to `end` exclusive, or, with `start` None, a month (and perhaps a day
    of it) of any year.
    """

    start: date | None = None
    end: date | None = None
    month: int = 0
    day: int = 0

    @property
    def days(self) -> int:
        """How many days it spans: the shorter, the more it says."""
        if self.start is not None and self.end is not None:
            return (self.end - self.start).days
        return 1 if self.day else 30


def _day(at: date) -> DateCue:
    return DateCue(at, at + timedelta(days=1))


def _month(year: int, month: int) -> DateCue:
    return DateCue(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))


def _year(year: int) -> DateCue:
    return DateCue(date(year, 1, 1), date(year + 1, 1, 1))


def _months_back(at: date, count: int) -> tuple[int, int]:
    index = at.year * 12 + at.month - 1 - count
    return index // 12, index % 12 + 1


def _han_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return _HAN_DIGITS.get(tens, 1) * 10 + _HAN_DIGITS.get(ones, 0)
    return _HAN_DIGITS.get(text, 0)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _NUMBER_WORDS[text]


def _calendar(year: str | int | None, month: int, day: int) -> DateCue:
    if year and day:
        return _day(date(int(year), month, day))
    if year:
        return _month(int(year), month)
    date(2024, month, day or 1)  # refuses 31 February; a leap year, so that 29 February passes
    return DateCue(month=month, day=day)


def _back(now: date, count: int, unit: str) -> DateCue:
    if unit in ("day", "天"):
        return _day(now - timedelta(days=count))
    if unit in ("year", "年"):
        return _year(now.year - count)
    if unit in ("month", "月"):
        return _month(*_months_back(now, count))
    monday = now - timedelta(days=now.weekday() + 7 * count)
    return DateCue(monday, monday + timedelta(days=7))


def _weekday(now: date, number: int, *, weeks_back: int | None) -> DateCue:
    """The named day of a given week or, when no week is named, the latest one that is past."""
    if weeks_back is not None:
        return _day(now - timedelta(days=now.weekday() + 7 * weeks_back - number))
    return _day(now - timedelta(days=(now.weekday() - number) % 7 or 7))


def _english(text: str, now: date) -> Iterator[DateCue]:
    for month, day, year in _MONTH_DAY.findall(text):
        yield _calendar(year, _MONTH_NUMBER[month], int(day))
    for day, month, year in _DAY_MONTH.findall(text):
        yield _calendar(year, _MONTH_NUMBER[month], int(day))
    for month, year in _MONTH_YEAR.findall(text):
        yield _calendar(year, _MONTH_NUMBER[month], 0)
    for month in _MONTH_ONLY.findall(text):
        yield _calendar(None, _MONTH_NUMBER[month], 0)
    for year in _YEAR.findall(text):
        yield _year(int(year))
    for count, unit in _AGO.findall(text):
        yield _back(now, _number(count), unit)
    for which, unit in _LAST_UNIT.findall(text):
        back = 0 if which == "this" else 1
        if unit == "weekend":
            saturday = _weekday(now, 5, weeks_back=back).start or now
            yield DateCue(saturday, saturday + timedelta(days=2))
        else:
            yield _back(now, back, unit)
    for which, name in _WEEKDAY.findall(text):
        number = WEEKDAYS.index(name)
        yield _weekday(now, number, weeks_back=0 if which == "this" else None)
    for word in _RELATIVE_DAY.findall(text):
        back = {"today": 0, "yesterday": 1, "last night": 1}.get(word, 2)
        yield _day(now - timedelta(days=back))


def _chinese(text: str, now: date) -> Iterator[DateCue]:
    for year, month, day in _ZH_YMD.findall(text):
        yield _calendar(year, _han_number(month), _han_number(day) if day else 0)
    for year in _ZH_YEAR.findall(text):
        yield _year(int(year))
    for word in _ZH_DAY.findall(text):
        back = {"大前天": 3, "前天": 2, "昨天": 1, "昨晚": 1}.get(word, 0)
        yield _day(now - timedelta(days=back))
    for count, unit in _ZH_AGO.findall(text):
        yield _back(now, _han_number(count), unit.removeprefix("个"))
    for which, name in _ZH_WEEK.findall(text):
        weeks = {"上上": 2, "上": 1, "这": 0, "本": 0}.get(which)
        if name:
            yield _weekday(now, "一二三四五六日".index(name.replace("天", "日")), weeks_back=weeks)
        elif weeks is not None:
            yield _back(now, weeks, "周")
    for word in _ZH_UNIT.findall(text):
        if word.endswith("月"):
            yield _month(*_months_back(now, 1 if word.startswith("上") else 0))
        elif word.endswith("年"):
            yield _year(now.year - {"去年": 1, "前年": 2}.get(word, 0))


def date_cues(text: str, now: date) -> tuple[DateCue, ...]:
    """Every day or period `text` names, without repeats; impossible dates (31 February) are passed over.

    Args:
        text: a question, English or Chinese.
        now: the asker's calendar day, which "yesterday" and "上周五" start from.
    """
    folded = " ".join(text.lower().split())
    found: dict[DateCue, None] = {}
    iso = (_calendar_or_none(y, m, d) for y, m, d in _ISO.findall(folded))
    found.update((cue, None) for cue in iso if cue)
    for source in (_english, _chinese):
        found.update(_possible(source(folded, now)))
    return tuple(found)


def _calendar_or_none(year: str, month: str, day: str) -> DateCue | None:
    try:
        return _calendar(year, int(month), int(day))
    except ValueError:
        return None


def _possible(cues: Iterator[DateCue]) -> dict[DateCue, None]:
    found: dict[DateCue, None] = {}
    try:
        for cue in cues:
            found[cue] = None
    except (ValueError, OverflowError):  # an impossible date ends this text's dates, it never ends the recall
        pass
    return found
