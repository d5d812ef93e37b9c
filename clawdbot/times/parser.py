"""Finds times in a text: a moment, a series, or a question when the text has no single meaning.

One parser reads Chinese, English and mixtures. A result is never a moment that is over, and a guess is marked
(`assumed`), so that the caller says the resolved time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from clawdbot.times import instants, merging, numerals, occurrences, scan, series, zoned
from clawdbot.times.instants import Now
from clawdbot.times.pieces import Day, Every
from clawdbot.times.scan import Expression
from clawdbot.times.types import Ask, Found, Instant, Outcome

LONGEST = 2000
"""Characters that are read of a text."""
_REMIND = re.compile(r"\bremind(?: me| us)?\b|提醒|叫我|通知我|喊我")


def find(text: str, *, now: datetime, zone: str, language: str = "en") -> Found | None:
    """Returns the time that a text asks for, or None when it names none.

    Of several times the one beside the word "remind" counts, else the first: in "meeting at 3, remind me at 2:30" it is
    2:30.

    Args:
        text: Words of a person. Only the first `LONGEST` characters are read.
        now: The moment of the message; aware.
        zone: The person's zone, an IANA name.
        language: Decides how 12/5 is read when the text itself does not tell: "en" or "zh-hans".
    """
    found = find_all(text, now=now, zone=zone, language=language)
    if len(found) < 2:
        return found[0] if found else None
    folded, positions = numerals.folded(text[:LONGEST])
    words = [(positions[match.start()], positions[match.end()]) for match in _REMIND.finditer(folded)]
    return min(found, key=lambda one: _distance(one, words))


def find_all(text: str, *, now: datetime, zone: str, language: str = "en") -> tuple[Found, ...]:
    """Returns every time in a text, in order; arguments as for `find`."""
    folded, positions = numerals.folded(text[:LONGEST])
    expressions = merging.expressions(folded, language)
    _inherit(folded, expressions)
    moment = Now(now.astimezone(UTC), zone, folded)  # sums of times in UTC are elapsed time
    return tuple(_found(one, moment, positions) for one in expressions)


def days(text: str, *, today: date, language: str = "en") -> tuple[date, ...]:
    """Returns the days that a text names, in order, past ones too. Skips a day with several readings.

    Args:
        text: Words of a person; only the first `LONGEST` characters are read.
        today: The day of the message in the person's zone.
        language: As for `find`.
    """
    folded, _positions = numerals.folded(text[:LONGEST])
    named = (piece.values for piece in scan.pieces_of(folded, language))
    found = (_day(value, today) for values in named for value in values if isinstance(value, Day))
    return tuple(at for at in found if at is not None)


def _day(day: Day, today: date) -> date | None:
    if day.today is not None:
        return today + timedelta(days=day.today)
    coming = day.resolve(today)
    if coming.code == "past":  # a date with its year is the same on every day, and "5 March" may be the last one
        coming = day.resolve(date(today.year, 1, 1) if day.month else date.min)
        coming = coming if coming.days else day.resolve(date.min)
    return coming.days[0] if coming.days and not coming.code else None


def _found(one: Expression, now: Now, positions: list[int]) -> Found:
    before = one.lead.before if one.lead else timedelta(0)
    outcome = _with_lead(zoned.resolve(one, now, _outcome), before, now)
    spans = tuple((positions[begin], positions[stop]) for begin, stop in sorted(one.spans))
    return Found(outcome, spans, before)


def _outcome(one: Expression, now: Now) -> Outcome:
    if one.count and not one.every:
        if one.count.times:
            return Ask("times_a_day")
        one.every = Every("DAILY")  # "at 9 for the next three days"
    if one.every:
        return series.resolve(one, now)
    return instants.resolve(one, now)


def _with_lead(outcome: Outcome, before: timedelta, now: Now) -> Outcome:
    """Asks when the reminder of a moment would come before now."""
    if not (before and isinstance(outcome, Instant) and outcome.has_time):
        return outcome
    early = occurrences.attach(outcome.local, outcome.zone) - before
    return outcome if early > now.at else Ask("lead_past", (outcome,))


def _inherit(text: str, expressions: list[Expression]) -> None:
    """Gives the day to an hour that follows or precedes without one: "tomorrow at 3, remind me at 2:30"."""
    for last, one in pairwise(expressions):
        if one.says_hour and not one.says_day and last.says_day and last.says_hour and not last.offset:
            one.day, one.every, one.until, one.count = last.day, last.every, last.until, last.count
            if one.part is None and one.clock and not one.clock.exact:
                one.part = last.part
    for last, one in reversed(tuple(pairwise(expressions))):  # "Monday, Wednesday and Friday at 7"
        bare = last.says_day and not last.says_hour and not last.unclear
        if bare and one.clock and merging.listed(text, last, one):
            last.clock, last.part, last.zone = one.clock, one.part, one.zone


def _distance(found: Found, words: list[tuple[int, int]]) -> int:
    """Returns the number of characters between a time and the nearest word "remind"."""
    gaps = (found.begin - stop if found.begin >= stop else begin - found.stop for begin, stop in words)
    return min((abs(gap) for gap in gaps), default=found.begin)
