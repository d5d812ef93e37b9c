"""Hours: what "at 3" means, by part of the day, by the words around it, and by the hour it is now."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clawdbot.times.pieces import Clock, Part

DAY = 24 * 60
USUAL = {
    "dawn": 5 * 60, "morning": 9 * 60, "forenoon": 10 * 60, "noon": 12 * 60, "afternoon": 15 * 60, "evening": 20 * 60,
    "night": 21 * 60, "midnight": DAY,
}  # fmt: skip
"""Minutes from midnight that a part of the day stands for when no hour is named."""
ENDS = {
    "dawn": 6,
    "morning": 12,
    "forenoon": 12,
    "noon": 14,
    "afternoon": 18,
    "evening": 24,
    "night": 24,
    "midnight": 25,
}
"""Hour at which a part of the day is over."""
_WAKING = re.compile(
    r"起床|叫醒|闹钟|早饭|早餐|早会|早班|晨跑|上学|\b(?:wake|get up|getting up|breakfast|alarm|sunrise)\b"
)
_OFFICE = re.compile(
    r"开会|会议|例会|面试|上课|拜访|客户|医生|医院|下班|放学|银行|快递"
    r"|\b(?:meeting|meet|interview|class|lecture|appointment|dentist|doctor|call with|school|bank|standup)\b"
)
_EVENING = re.compile(
    r"晚饭|晚餐|睡觉|电影|演出|晚会|夜宵|睡前|\b(?:dinner|supper|bedtime|bed|sleep|movie|film|concert|party)\b"
)
_NIGHT_END, _DAY_BEGIN, _DAY_END = 6 * 60, 8 * 60, 12 * 60


@dataclass(frozen=True, slots=True)
class Hour:
    """Readings of an hour in minutes from midnight, at most two; DAY and more is the following day.

    Attributes:
        assumed: A rule chose the reading, or the part of the day stands for an hour.
    """

    readings: tuple[int, ...]
    assumed: bool = False


def read(clock: Clock | None, part: Part | None, text: str) -> Hour:
    """Returns the readings of an hour. Several remain when neither part of the day nor the words decide."""
    if clock is None:
        return Hour((USUAL[part.name],), assumed=True) if part else Hour(())
    minute = clock.hour * 60 + clock.minute
    if part is not None and (clock.hour <= 12 or part.name in ("night", "evening")):
        return _in_part(clock, part.name)
    if clock.exact:
        return Hour((minute,))
    return _by_words(clock, text)


def _in_part(clock: Clock, part: str) -> Hour:
    hour, minute = clock.hour, clock.minute
    if hour > 12 or (hour == 0 and part not in ("night", "evening")):
        return Hour((hour * 60 + minute,))
    small = hour % 12
    if part == "noon":
        return Hour(((hour if hour >= 10 else hour + 12) * 60 + minute,))
    if part in ("dawn", "morning"):
        return Hour((small * 60 + minute,)) if not (part == "morning" and hour == 12) else Hour((720 + minute,))
    if part == "forenoon":
        return Hour((hour * 60 + minute,))
    if part == "afternoon":
        return Hour(((small + 12) * 60 + minute,))
    # Twelve and the small hours of an evening or night belong to the following day.
    if small < 5:
        return Hour((DAY + small * 60 + minute,))
    return Hour(((small + 12) * 60 + minute,))


def _by_words(clock: Clock, text: str) -> Hour:
    first = clock.hour % 12 * 60 + clock.minute
    second = first + DAY // 2
    if _WAKING.search(text) and first >= 4 * 60:
        return Hour((first,), assumed=True)
    if _EVENING.search(text) and first >= 5 * 60:
        return Hour((second,), assumed=True)
    if _OFFICE.search(text):
        return Hour((first if first >= _DAY_BEGIN else second,), assumed=True)
    return Hour((first, second))


def likely(hour: Hour, *, at_night: bool = False) -> Hour:
    """Chooses among two readings on a day that is named, where one of them is much more likely.

    One to five is the afternoon, eight to eleven the morning, twelve noon; six and seven remain open.
    """
    if len(hour.readings) < 2 or at_night:
        return hour
    first, second = hour.readings
    if first < 60 or 60 <= first < _NIGHT_END:
        return Hour((second,), assumed=True)
    if first >= _DAY_BEGIN:
        return Hour((first,), assumed=True)
    return hour
