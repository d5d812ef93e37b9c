"""Reads a day, a time of day or both from the words of a person."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from clawdbot import times
from clawdbot.reasons import Reason

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.h]([0-5]\d)")
_RANGE = re.compile(r"\d[:.]\d\d\s*[-–~]\s*\d{1,2}[:.]\d\d")
_MORNING, _EVENING = "07:00", "19:00"
_HOUR = re.compile(r"(?:at )?(\d{1,2})")


class Unclear(Exception):
    """The text names no single moment of the kind."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


_NONE = {
    "date": Reason("slot_not_date"),
    "time": Reason("slot_not_time"),
    "datetime": Reason("slot_not_datetime"),
}
_SEVERAL = {
    "date": Reason("slot_unclear_date"),
    "time": Reason("slot_unclear_time"),
    "datetime": Reason("slot_unclear_datetime"),
}


def read(kind: str, text: str, now: datetime, language: str) -> str:
    """Returns the moment as it is stored: a date, "HH:MM", or both with a T between.

    Args:
        kind: "date", "time" or "datetime".
        text: The person's words.
        now: The time of the message in the person's zone; aware.
        language: "en" or "zh-hans".

    Raises:
        Unclear: It names none, or several.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if kind == "date" and (day := _iso(plain)) is not None:
        return day.isoformat()
    if kind == "time":
        if clock := _CLOCK.fullmatch(plain):
            return f"{int(clock[1]):02}:{clock[2]}"
        if (hour := _HOUR.fullmatch(plain.lower())) and int(hour[1]) < 24:
            plain = f"at {hour[1]}" if not language.startswith("zh") else f"{hour[1]}点"
    found = times.find(plain, now=now, zone=str(now.tzinfo), language=language)
    if found is None:
        raise Unclear(_NONE[kind])
    if _RANGE.search(plain) or len(_all(kind, plain, now, language)) > 1:
        raise Unclear(_SEVERAL[kind])
    readings = found.outcome.choices if isinstance(found.outcome, times.Ask) else (found.outcome,)
    moments = dict.fromkeys(_as(kind, one) for one in readings if isinstance(one, times.Instant))
    if kind == "time" and len(moments) > 1:  # the day does not matter, and "at 3" is an hour of the day
        moments = dict.fromkeys(one for one in moments if _MORNING <= one < _EVENING)
    if len(moments) != 1:
        raise Unclear(_SEVERAL[kind])
    return next(iter(moments))


def _all(kind: str, text: str, now: datetime, language: str) -> set[str]:
    """Returns the different clear moments in a text: "today or tomorrow", "from 3 pm to 5 pm"."""
    named = set()
    for one in times.find_all(text, now=now, zone=str(now.tzinfo), language=language):
        if isinstance(one.outcome, times.Instant) and (kind == "date" or one.outcome.has_time):
            named.add(_as(kind, one.outcome))
    return named


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _as(kind: str, moment: times.Instant) -> str:
    if kind == "date":
        return moment.local.date().isoformat()
    if not moment.has_time:
        raise Unclear(Reason("slot_needs_hour") if kind == "datetime" else _NONE[kind])
    return moment.local.strftime("%H:%M") if kind == "time" else moment.local.isoformat(timespec="minutes")
