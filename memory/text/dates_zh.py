"""Rules for dates and periods in Chinese texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from re import Match

from clawdbot.times.numerals import chinese as number
from memory.text import calendar
from memory.text.calendar import DateCue

_DAY_SHIFT = {
    "大前天": -3, "前天": -2, "前晚": -2, "昨天": -1, "昨晚": -1, "昨日": -1, "今天": 0, "今早": 0, "今晚": 0,
    "明天": 1, "明早": 1, "明晚": 1, "后天": 2, "大后天": 3,
}  # fmt: skip
_YEAR_SHIFT = {"前年": -2, "去年": -1, "今年": 0, "明年": 1, "后年": 2}
_SHIFT = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}

_H = r"\d{1,3}|[零〇一二两三四五六七八九十]{1,3}"
_WEEK = r"(?:周|星期|礼拜)"
_WHICH = r"上上|下下|上|下|这|本"
_DAYS = "|".join(sorted(_DAY_SHIFT, key=len, reverse=True))


def _shifted(now: date, count: int, unit: str) -> DateCue:
    if unit == "天":
        return calendar.one_day(now + timedelta(days=count))
    if unit == "年":
        return calendar.year_of(now.year + count)
    if unit == "月":
        return calendar.month_from(now, count)
    return calendar.week_of(now, count)


def _ago(match: Match[str], now: date) -> DateCue:
    count = number(match[1])
    return _shifted(now, count if match[3] == "后" else -count, match[2].removeprefix("个"))


def _written(match: Match[str], now: date) -> DateCue:
    day = number(match[3]) if match[3] else 0
    year = now.year + _YEAR_SHIFT[match[1]] if match[1] in _YEAR_SHIFT else (match[1] or "").removesuffix("年")
    return calendar.written(year, number(match[2]), day)


def _day_of_month(match: Match[str], now: date) -> DateCue:
    start = calendar.month_from(now, _SHIFT[match[1]]).start or now
    return calendar.one_day(start.replace(day=number(match[2])))


def _weekday(match: Match[str], now: date) -> DateCue:
    day = "一二三四五六日".index(match[2].replace("天", "日"))
    if not match[1]:
        return calendar.latest_weekday(now, day)
    return calendar.one_day(calendar.monday(now, _SHIFT[match[1]]) + timedelta(days=day))


Rule = tuple[re.Pattern[str], Callable[[Match[str], date], DateCue]]

RULES: tuple[Rule, ...] = (
    (re.compile(rf"(\d{{4}}年|前年|去年|今年|明年|后年)?的?({_H})月(?:份|({_H})[日号號])?"), _written),
    (re.compile(rf"({_WHICH})个?月({_H})[日号號]"), _day_of_month),
    (re.compile(r"(\d{4})年(?!\d{1,2}月)"), lambda m, now: calendar.year_of(int(m[1]))),
    (re.compile(rf"({_DAYS})"), lambda m, now: calendar.one_day(now + timedelta(days=_DAY_SHIFT[m[1]]))),
    (re.compile(rf"({_H})(天|个?月|年|个?(?:周|星期|礼拜))(?:以|之)?(前|后)"), _ago),
    (
        re.compile(rf"({_WHICH})个?{_WEEK}末"),
        lambda m, now: calendar.weekend(calendar.monday(now, _SHIFT[m[1]])),
    ),
    (re.compile(rf"({_WHICH})个?{_WEEK}([一二三四五六日天])"), _weekday),
    (re.compile(rf"({_WHICH})个?{_WEEK}(?!末)"), lambda m, now: calendar.week_of(now, _SHIFT[m[1]])),
    (re.compile(rf"({_WHICH})个?月(?!{_H}[日号號])"), lambda m, now: calendar.month_from(now, _SHIFT[m[1]])),
    (re.compile(r"(前年|去年|今年|明年|后年)"), lambda m, now: calendar.year_of(now.year + _YEAR_SHIFT[m[1]])),
)
VAGUE: tuple[Rule, ...] = ((re.compile(rf"(){_WEEK}([一二三四五六日天])"), _weekday),)
