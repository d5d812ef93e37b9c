"""Lengths of time in words: 两个半小时, "an hour and a half"."""

from __future__ import annotations

import re
from datetime import timedelta

from clawdbot.times.numerals import EN, ZH, chinese, english
from clawdbot.times.pieces import Offset

_ZH_UNIT = r"(?:秒钟|秒|分钟|分(?!之)|刻钟|小时|钟头|天|日|星期|礼拜|周|月|年)"
_ZH_ONE = rf"(?:半个?(?:小时|钟头|天|月|年)|(?:\d{{1,3}}\.\d|{ZH})(?:个半|个)?{_ZH_UNIT}(?:半(?!个|小|天|夜))?)"
ZH_LENGTH = rf"(?P<length>{_ZH_ONE}(?:零?{_ZH_ONE})?)"
"""A length of one or two units in a folded Chinese text: 1小时30分钟."""
_ZH_PART = re.compile(
    r"半个?(?P<half>小时|钟头|天|月|年)"
    rf"|(?P<count>\d{{1,3}}\.\d|{ZH})(?P<and>个半)?个?(?P<unit>{_ZH_UNIT})(?P<more>半)?"
)

_EN_UNIT = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|fortnights?|months?|years?)"
_EN_ONE = (
    r"(?:half an? hour|half-hour|half a day|(?:an? |three )?quarters? of an hour|an hour and a half"
    r"|a (?:day|week|year) and a half"
    rf"|(?:\d{{1,3}}[.,]\d|{EN})(?: and a half)?[ -]?{_EN_UNIT}(?: and a half)?|\d{{1,3}}(?:[.,]\d)? ?(?:m|h|d|w|s))"
)
EN_LENGTH = rf"(?P<length>{_EN_ONE}(?:,?(?: and)? ?{_EN_ONE})?)"
"""A length of one or two units in a folded English text: "1 hour and 20 minutes", "1h30m"."""
_EN_PART = re.compile(
    r"(?P<half>half an? hour|half-hour)|(?P<halfday>half a day)|(?P<quarter>(?P<three>three )?quarters? of an hour)"
    rf"|(?P<count>\d{{1,3}}[.,]\d|\b{EN})(?P<and> and a half)?[ -]?(?P<unit>{_EN_UNIT})\b(?P<more> and a half)?"
    r"|(?P<n>\d{1,3}(?:[.,]\d)?) ?(?P<letter>[mhdws])"
)
_MINUTES = {
    "秒": 1 / 60, "秒钟": 1 / 60, "分": 1, "分钟": 1, "刻钟": 15, "小时": 60, "钟头": 60,
    "s": 1 / 60, "sec": 1 / 60, "second": 1 / 60, "m": 1, "min": 1, "minute": 1, "h": 60, "hr": 60, "hour": 60,
}  # fmt: skip
_DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "d": 1, "day": 1, "w": 7, "week": 7, "fortnight": 14}
_MONTHS = {"月": 1, "month": 1, "年": 12, "year": 12}


def chinese_length(text: str) -> Offset:
    """Returns a match of `ZH_LENGTH` as a distance."""
    total = Offset()
    for part in _ZH_PART.finditer(text):
        if part["half"]:
            total = _plus(total, 0.5, part["half"])
        else:
            count = float(part["count"]) if "." in part["count"] else chinese(part["count"])
            total = _plus(total, count + (0.5 if part["and"] or part["more"] else 0), part["unit"])
    return total


def english_length(text: str) -> Offset:
    """Returns a match of `EN_LENGTH` as a distance."""
    total = Offset()
    for part in _EN_PART.finditer(text):
        if part["halfday"]:
            total = _plus(total, 12, "hour")
        elif part["half"] or part["quarter"]:
            total = _plus(total, 30 if part["half"] else 45 if part["three"] else 15, "minute")
        elif part["letter"]:
            total = _plus(total, _decimal(part["n"]), part["letter"])
        else:
            count = _decimal(part["count"]) if part["count"][0].isdigit() else english(part["count"])
            total = _plus(total, count + (0.5 if part["and"] or part["more"] else 0), part["unit"].rstrip("s"))
    return total


def _decimal(text: str) -> float:
    return float(text.replace(",", "."))


def duration(length: Offset) -> timedelta:
    """Returns a distance as a duration; a month has 30 days."""
    return timedelta(days=length.days + 30 * length.months, minutes=length.minutes)


def _plus(total: Offset, count: float, unit: str) -> Offset:
    months, days, minutes = total.months, total.days, total.minutes
    if unit in _MINUTES:
        minutes += count * _MINUTES[unit]
    elif unit in _DAYS:
        whole = count * _DAYS[unit]
        days, minutes = days + int(whole), minutes + 1440 * (whole % 1)
    else:
        whole = count * _MONTHS[unit]
        months, days = months + int(whole), days + int(30 * (whole % 1))
    return Offset(months, days, minutes)
