"""Finds the parts of time expressions in a text and joins neighbours to expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice

from clawdbot.times import rules, rules_digits, rules_en, rules_zh
from clawdbot.times.pieces import (
    Clock,
    Count,
    Day,
    Every,
    Except,
    Lead,
    Moment,
    Offset,
    Part,
    Piece,
    To,
    Unclear,
    Until,
    Value,
)

MOST_PIECES = 40
"""Parts that are read of one text, so that a pasted calendar costs no more than a message."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[a-z]|\d:\d")
# What may stand between two parts of one expression.
_LINK = re.compile(
    r"[\s,，、]*(?:的|在|于|是|就|那天|当天|大概|大约|左右|at|on|of|in|by|the|around|about|starting|beginning|from|从|起|开始|@)?"
    r"[\s,，、]*(?:的|在|于|at|on|the|around|about|大概|大约)?\s*"
)
_TO = re.compile(r"\s*(?:到|至|-|~|to|until|till)\s*")
_AND = re.compile(r"\s*(?:[、,，]|和|及|跟|与|and|&|or)?\s*(?:和|and)?\s*(?:at|on)?\s*")
_OPEN_ZH = re.compile(r"(?:之|以)?[前后](?![天面边两一二三四五六七八九十\d])")
_OPEN_EN = re.compile(r"\b(?:before|after) (?:the )?$")
# The beginning of a series that no rule reads, such as "every 2w" or 每个月第二个和第四个周五.
_SERIES = re.compile(
    r"\b(?:every|each) (?:\d|couple|few|other|full moon|single|now and then|so often|two|three|four)"
    r"|每(?:\d|隔|逢|[两二三四五六七八九十]|个?(?:周|月|星期|礼拜))"
)
_SENTENCE = re.compile(r"[。！？!?;；\n]|\.(?=\s|$)")
_SLOTS: tuple[tuple[type, str], ...] = (
    (Moment, "moment"), (Offset, "offset"), (Day, "day"), (Clock, "clock"), (To, "to"), (Part, "part"),
    (Every, "every"), (Except, "without"), (Count, "count"), (Lead, "lead"), (Unclear, "unclear"),
)  # fmt: skip


@dataclass(slots=True)
class Expression:
    """The parts that belong together. Every slot holds at most one value."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    moment: Moment | None = None
    offset: Offset | None = None
    day: Day | None = None
    clock: Clock | None = None
    part: Part | None = None
    every: Every | None = None
    without: Except | None = None
    count: Count | None = None
    lead: Lead | None = None
    unclear: Unclear | None = None
    until: Expression | None = None
    to: To | None = None
    ends_series: bool = False

    @property
    def begin(self) -> int:
        return self.spans[0][0]

    @property
    def stop(self) -> int:
        return self.spans[-1][1]

    @property
    def says_hour(self) -> bool:
        return self.clock is not None or self.part is not None or self.moment is not None

    @property
    def says_day(self) -> bool:
        return any((self.day, self.every, self.moment, self.offset))

    @property
    def is_time(self) -> bool:
        """Whether it can stand alone; a lead, a count or an exception cannot."""
        return self.says_hour or self.says_day or self.unclear is not None

    def takes(self, values: tuple[Value, ...]) -> bool:
        """Returns whether all values have a free slot."""
        if self.ends_series and any(isinstance(value, (Every, Lead, Count)) for value in values):
            return False
        return not any(self._taken(value) for value in values)

    def _taken(self, value: Value) -> bool:
        if isinstance(value, Until) or getattr(self, _slot(value)) is not None:
            return True
        if isinstance(value, Unclear):
            return self.says_day or self.says_hour
        if isinstance(value, Moment):
            return self.says_day or self.says_hour
        if isinstance(value, Offset):
            return self.says_day or value.past
        if isinstance(value, Day):
            return self.offset is not None or self.moment is not None
        return isinstance(value, (Clock, Part)) and (self.moment is not None or _is_short(self.offset))

    def add(self, values: tuple[Value, ...], span: tuple[int, int]) -> None:
        for value in values:
            setattr(self, _slot(value), value)
        self.spans.append(span)

    def values(self) -> tuple[Value, ...]:
        return tuple(value for _, name in _SLOTS if (value := getattr(self, name)) is not None)


def pieces_of(text: str, language: str) -> list[Piece]:
    """Returns the parts in a folded text in order; of two at one place the longer."""
    chinese = _HAN.search(text) is not None
    found = list(rules.pieces_of(text, rules_digits.ZH if chinese or language.startswith("zh") else rules_digits.EN))
    if chinese:
        found += islice(rules.pieces_of(text, rules_zh.sections()), 4 * MOST_PIECES)
    if _LATIN.search(text):
        found += islice(rules.pieces_of(text, rules_en.sections()), 4 * MOST_PIECES)
    return _longest(found)[:MOST_PIECES]


def _longest(found: list[Piece]) -> list[Piece]:
    kept: list[Piece] = []
    for piece in sorted(found, key=lambda piece: (piece.begin, -piece.stop)):
        if not kept or piece.begin >= kept[-1].stop:
            kept.append(piece)
    return kept


def expressions(text: str, language: str) -> list[Expression]:
    """Returns the time expressions in a folded text, in order."""
    joined = _join(text, pieces_of(text, language))
    return _merge(text, joined)


def _join(text: str, pieces: list[Piece]) -> list[Expression]:
    """Joins parts with nothing but a linking word between them."""
    made: list[Expression] = []
    ends = False
    for piece in pieces:
        if isinstance(piece.values[0], Until):
            made.append(Expression([(piece.begin, piece.stop)], ends_series=True))
            ends = True
            continue
        last = made[-1] if made else None
        gap = text[last.stop : piece.begin] if last else ""
        if last and last.clock and not ends and _TO.fullmatch(gap) and isinstance(piece.values[-1], Clock):
            last.to = To(piece.values[-1])
            last.spans.append((piece.begin, piece.stop))
        elif last and last.day and not last.says_hour and _TO.fullmatch(gap) and isinstance(piece.values[0], Day):
            made.append(Expression(ends_series=True))  # "from 1 to 5 December every day"
            made[-1].add(piece.values, (piece.begin, piece.stop))
        elif last and len(gap) <= 24 and _LINK.fullmatch(gap) and last.takes(piece.values):
            last.add(piece.values, (piece.begin, piece.stop))
        else:
            made.append(Expression())
            made[-1].add(piece.values, (piece.begin, piece.stop))
        ends = False
    return made


def _merge(text: str, joined: list[Expression]) -> list[Expression]:
    """Gives ends, leads and hours that stand apart to the expression of their sentence."""
    kept: list[Expression] = []
    for one in joined:
        if not (kept and _same_sentence(text, kept[-1], one)):
            kept.append(one)
            continue
        last = kept[-1]
        if last.ends_series and one.every and not one.until:  # "until Friday every day at 9"
            one.until = last
            one.spans += last.spans
            kept[-1] = one
        elif _is_named_later(last, one):
            one.spans = last.spans + one.spans
            kept[-1] = one
        elif one.ends_series and (one.says_day or one.says_hour):
            last.until = one
            last.spans += one.spans
        elif (_complete(last, one) or _is_addition(last) or _is_addition(one)) and last.takes(one.values()):
            last.add(one.values(), one.spans[0])
            last.spans += one.spans[1:]
            last.until = last.until or one.until
        else:
            kept.append(one)
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


def _slot(value: Value) -> str:
    return next(name for kind, name in _SLOTS if isinstance(value, kind))


def _is_short(offset: Offset | None) -> bool:
    """Returns whether a distance is of minutes, so that no hour can follow."""
    return offset is not None and bool(offset.minutes) and not offset.days and not offset.months
