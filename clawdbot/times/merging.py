"""Joins the parts of an expression that stand apart in a sentence: "every day drink water at 9"."""

from __future__ import annotations

import re
from datetime import timedelta

from clawdbot.times import scan
from clawdbot.times.pieces import WEEKDAYS, Except, Unclear, shifted
from clawdbot.times.scan import Expression

_DAY = timedelta(days=1)
_SHORT = ("SECONDLY", "MINUTELY", "HOURLY")
_AND = re.compile(r"\s*(?:[、,，]|和|及|跟|与|and|&|or)?\s*(?:和|and)?\s*(?:at|on)?\s*")
_OPEN_ZH = re.compile(r"(?:之|以)?[前后](?![天面边两一二三四五六七八九十\d])")
_OPEN_EN = re.compile(r"\b(?:before|after) (?:the )?$")
# The beginning of a series that no rule reads, such as "every 2w" or 每个月第二个和第四个周五.
_SERIES = re.compile(
    r"\b(?:every|each) (?:\d|couple|few|other|full moon|single|now and then|so often|two|three|four)"
    r"|每(?:\d|隔|逢|[两二三四五六七八九十]|个?(?:周|月|星期|礼拜))"
)
_SENTENCE = re.compile(r"[。！？!?;；\n]|\.(?=\s|$)")


def expressions(text: str, language: str) -> list[Expression]:
    """Returns the time expressions in a folded text, in order."""
    return _merged(text, scan.joined(text, scan.pieces_of(text, language)))


def _merged(text: str, joined: list[Expression]) -> list[Expression]:
    """Gives ends, leads and hours that stand apart to the expression of their sentence."""
    kept: list[Expression] = []
    for one in joined:
        if not (kept and _same_sentence(text, kept[-1], one)):
            kept.append(one)
            continue
        last = kept[-1]
        if _is_own_hour_before(last, one):
            _move_before(last, one)
        elif _is_own_hour_before(one, last):  # 前一天晚上叫我：周五早上六点的火车
            _move_before(one, last)
            kept[-1] = one
        elif _names_hours(last, one) or _names_hours(one, last):
            kept[-1] = _within_hours(last, one)
        elif last.ends_series and one.every and not one.until:  # "until Friday every day at 9"
            one.until = last
            one.spans += last.spans
            kept[-1] = one
        elif _is_named_later(last, one):
            one.spans = last.spans + one.spans
            kept[-1] = one
        elif one.ends_series and (one.says_day or one.says_hour):
            _end(last, one)
        elif _completes(last, one) and last.takes(one.values()):
            last.add(one.values(), one.spans[0])
            last.spans += one.spans[1:]
            last.until = last.until or one.until
        else:
            kept.append(one)
    return _checked(text, kept)


def _checked(text: str, kept: list[Expression]) -> list[Expression]:
    """Returns the times among the expressions, and marks those that the text leaves open."""
    times = [one for one in kept if one.is_time and not one.ends_series]
    if not times:  # "until 3pm" alone is a time
        times = [one for one in kept if one.is_time]
    for one in times:
        if not any(other.every for other in times) and _SERIES.search(text, max(0, one.begin - 40), one.stop + 40):
            one.unclear = Unclear("series")
        if one.day and not one.says_hour and not one.every and _is_open(text, one):
            one.day, one.unclear = None, Unclear("range")
    return times


def _is_open(text: str, one: Expression) -> bool:
    """Returns whether any day before or after the one that is named fits: 周五前, "after Friday"."""
    return bool(_OPEN_ZH.match(text, one.stop) or _OPEN_EN.search(text[max(0, one.begin - 10) : one.begin]))


def _same_sentence(text: str, last: Expression, one: Expression) -> bool:
    return not _SENTENCE.search(text, last.stop, one.begin)


def _complete(last: Expression, one: Expression) -> bool:
    """Returns whether one names the day and the other the hour: "tomorrow see the doctor at 3"."""
    if last.unclear or one.unclear:
        return False
    hour_later = last.says_day and not last.says_hour and one.says_hour and not one.says_day
    day_later = last.says_hour and not last.says_day and one.says_day and not one.says_hour
    start_later = last.every is not None and last.day is None and one.day is not None and not one.every
    start_earlier = one.every is not None and one.day is None and last.day is not None and not last.every
    return hour_later or day_later or start_later or start_earlier


def _completes(last: Expression, one: Expression) -> bool:
    return _complete(last, one) or _is_addition(last) or _is_addition(one)


def _is_named_later(last: Expression, one: Expression) -> bool:
    """Returns whether the second names the days of the first: "a weekly reminder on Fridays"."""
    if last.every is None or one.every is None or last.says_hour or last.day:
        return False
    bare = not (last.every.weekdays or last.every.monthdays)
    return bare and last.every.freq == one.every.freq and last.every.interval == 1


def _is_addition(one: Expression) -> bool:
    return not one.is_time and bool(one.lead or one.count or one.without)


def listed(text: str, last: Expression, one: Expression) -> bool:
    """Returns whether two expressions are one list: "at 9 and at 5"."""
    gap = text[last.stop : one.begin]
    return len(gap) <= 12 and _AND.fullmatch(gap) is not None


def _end(series: Expression, end: Expression) -> None:
    """Ends a series. An hour behind a day is that of a series that has none: "every weekday until Christmas at 9"."""
    series.until = end
    series.spans += end.spans
    if series.every and not series.says_hour and end.says_day and end.clock and series.every.freq not in _SHORT:
        series.clock, series.part, end.clock, end.part = end.clock, end.part, None, None


def _is_own_hour_before(event: Expression, one: Expression) -> bool:
    """Returns whether the second is an hour of a day before the first: 周五早上六点的飞机，前一天晚上八点提醒我."""
    whole_days = one.lead is not None and one.lead.before >= _DAY
    return whole_days and one.says_hour and not one.says_day and event.day is not None and event.every is None


def _move_before(event: Expression, one: Expression) -> None:
    assert event.day is not None  # noqa: S101 (`_is_own_hour_before` looked)
    assert one.lead is not None  # noqa: S101
    event.day = shifted(event.day, -one.lead.before.days)
    event.clock, event.part, event.zone = one.clock, one.part, one.zone or event.zone
    event.spans = sorted(event.spans + one.spans)


def _names_hours(one: Expression, other: Expression) -> bool:
    """Returns whether the first says "every hour" and the second the hours or weekdays in which it counts."""
    if one.every is None or one.every.freq != "HOURLY" or one.day or other.until or one.until:
        return False
    days = other.every is not None and other.every.freq in ("DAILY", "WEEKLY") and other.every.interval == 1
    if not (days or (other.every is None and not other.says_day)):
        return False
    return (one.to is None) is not (other.to is None) and not (one.to is None and one.says_hour)


def _within_hours(last: Expression, one: Expression) -> Expression:
    """Joins "every hour" and the hours and weekdays of it, in the order of the text."""
    hourly, frame = (one, last) if one.every and one.every.freq == "HOURLY" else (last, one)
    clocked = frame if frame.to is not None else hourly
    hourly.clock, hourly.part, hourly.to = clocked.clock, clocked.part, clocked.to
    if frame.every is not None and frame.every.weekdays:
        hourly.without = Except(tuple(day for day in WEEKDAYS if day not in frame.every.weekdays))
    hourly.spans = last.spans + one.spans
    return hourly
