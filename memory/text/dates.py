"""Finds dates and periods in English and Chinese texts by rules and resolves them against the day of the text.

In a question a date without a year means every year, because "what did I do on 5月2日" may refer to any. In a memory
it means the date closest to the day it was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from clawdbot.chinese import simplified
from memory.text import calendar, dates_en, dates_zh
from memory.text.calendar import DateCue, Found

__all__ = ["DateCue", "ResolvedDate", "cue_terms", "date_cues", "event_terms", "resolve"]

MOST = 12  # dates per text, so that a pasted calendar does not match every day
_DAY_BY_DAY = 10  # periods of up to this many days are indexed by day, longer ones by month
_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_RULES = (
    (_ISO, lambda m, now: calendar.written(m[1], int(m[2]), int(m[3]))),
    *dates_en.RULES,
    *dates_zh.RULES,
)
_VAGUE = (*dates_en.VAGUE, *dates_zh.VAGUE)


@dataclass(frozen=True, slots=True)
class ResolvedDate:
    """A date expression such as "yesterday" and the days it meant: from `start` (inclusive) to `end` (exclusive)."""

    text: str
    start: date
    end: date

    def as_json(self) -> dict[str, str]:
        return {"text": self.text, "start": self.start.isoformat(), "end": self.end.isoformat()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ResolvedDate:
        return cls(value["text"], date.fromisoformat(value["start"]), date.fromisoformat(value["end"]))


def _search(folded: str, now: date) -> list[Found]:
    """Finds every date in order of position; skips one inside another (the year of a day)."""
    found: list[Found] = []
    for vague, rules in ((False, _RULES), (True, _VAGUE)):
        for pattern, read in rules:
            for match in pattern.finditer(folded):
                try:
                    cue = read(match, now)
                except (ValueError, OverflowError):  # 31 February, the year 10000
                    continue
                found.append(Found(*match.span(), cue, vague))
    found.sort(key=lambda f: (f.begin, -f.stop, f.vague))
    kept: list[Found] = []
    for one in found:
        if not kept or one.stop > kept[-1].stop:
            kept.append(one)
    return kept


def date_cues(text: str, now: date) -> tuple[DateCue, ...]:
    """Returns every day or period in a question, without repeats; skips impossible dates (31 February).

    Args:
        text: a question, English or Chinese.
        now: the day of the question, to resolve "yesterday" and "上周五".
    """
    return tuple(dict.fromkeys(one.cue for one in _search(simplified(" ".join(text.lower().split())), now)))


@lru_cache(maxsize=64)  # a write calls it twice: for the row and for its index terms
def resolve(text: str, said_on: date) -> tuple[ResolvedDate, ...]:
    """Returns the days and periods that a memory mentions, as calendar days; at most `MOST`.

    Skips "Friday" alone: it may be past or future, and a wrong date is worse than none.

    Args:
        text: the text of the memory.
        said_on: the day it was said, in the speaker's calendar.
    """
    plain = " ".join(text.split())
    folded = plain.lower()
    shown = plain if len(plain) == len(folded) else folded
    found: dict[tuple[date, date], ResolvedDate] = {}
    for one in _search(simplified(folded), said_on):
        cue = calendar.nearest_year(one.cue, said_on)
        if not one.vague and cue.start is not None and cue.end is not None:
            found.setdefault((cue.start, cue.end), ResolvedDate(shown[one.begin : one.stop], cue.start, cue.end))
    return tuple(found.values())[:MOST]


def event_terms(dates: Iterable[ResolvedDate]) -> list[str]:
    """Returns the index terms of the dates in a memory: days and months (with and without the year) and years.

    They mix letters and digits as no ordinary word does, and differ from the terms of the day it was said.
    """
    terms: dict[str, None] = {}
    for one in dates:
        length = (one.end - one.start).days
        if length <= _DAY_BY_DAY:
            for day in _each_day(one.start, one.end):
                terms.update(dict.fromkeys((f"e{day:%Y%m%d}", f"e{day:%m%d}")))
        if length <= 31:
            for day in (one.start, one.end - timedelta(days=1)):
                terms.update(dict.fromkeys((f"f{day:%Y%m}", f"f{day:%m}")))
        terms[f"g{one.start.year:04d}"] = None
    return list(terms)


def cue_terms(cue: DateCue) -> list[str]:
    """Returns the event terms to search for a day or period; a matching memory has one of them."""
    if cue.start is None or cue.end is None:
        return [f"e{cue.month:02d}{cue.day:02d}"] if cue.day else [f"f{cue.month:02d}"]
    if cue.days <= _DAY_BY_DAY:
        return [f"e{day:%Y%m%d}" for day in _each_day(cue.start, cue.end)]
    return [f"f{cue.start:%Y%m}"] if cue.days <= 31 else [f"g{cue.start.year:04d}"]


def _each_day(start: date, end: date) -> Iterator[date]:
    for number in range((end - start).days):
        yield start + timedelta(days=number)
