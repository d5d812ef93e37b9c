"""Finds the parts of time expressions in a text and joins neighbours to expressions. `merging` joins what is apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice

from clawdbot.times import rules, rules_digits, rules_en, rules_far, rules_zh
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
    Zone,
)

MOST_PIECES = 40
"""Parts that are read of one text, so that a pasted calendar costs no more than a message."""
_MIDNIGHT = Part("midnight")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[a-z]|\d:\d")
# What may stand between two parts of one expression.
_LINK = re.compile(
    r"[\s,，、]*(?:的|在|于|是|就|那天|当天|大概|大约|左右|at|on|of|in|by|the|around|about|starting|beginning|from|从|起|开始|@)?"
    r"[\s,，、]*(?:的|在|于|at|on|the|around|about|大概|大约)?\s*"
)
_TO = re.compile(r"\s*(?:到|至|-|~|to|until|till)\s*")
_SLOTS: tuple[tuple[type, str], ...] = (
    (Moment, "moment"), (Offset, "offset"), (Day, "day"), (Clock, "clock"), (To, "to"), (Part, "part"),
    (Every, "every"), (Except, "without"), (Count, "count"), (Lead, "lead"), (Unclear, "unclear"),
    (Zone, "zone"),
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
    zone: Zone | None = None
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
        """Whether it can stand alone; a lead, a count, an exception or "the evening before" cannot."""
        if self.lead and self.part and not (self.says_day or self.clock):
            return False
        return self.says_hour or self.says_day or self.unclear is not None

    def takes(self, values: tuple[Value, ...]) -> bool:
        """Returns whether all values have a free slot."""
        if self.ends_series and any(isinstance(value, (Every, Lead, Count)) for value in values):
            return False
        return not any(self._taken(value) for value in values)

    def _taken(self, value: Value) -> bool:
        if value == _MIDNIGHT and self.part and self.part.name in ("night", "evening") and self.clock is None:
            return False  # "tonight at midnight"
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
        found += islice(rules.pieces_of(text, (*rules_zh.sections(), *rules_far.chinese_sections())), 4 * MOST_PIECES)
    if _LATIN.search(text):
        found += islice(rules.pieces_of(text, (*rules_en.sections(), *rules_far.english_sections())), 4 * MOST_PIECES)
    return _longest(found)[:MOST_PIECES]


def _longest(found: list[Piece]) -> list[Piece]:
    kept: list[Piece] = []
    for piece in sorted(found, key=lambda piece: (piece.begin, -piece.stop)):
        if not kept or piece.begin >= kept[-1].stop:
            kept.append(piece)
    return kept


def joined(text: str, pieces: list[Piece]) -> list[Expression]:
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
        if (
            last
            and isinstance(last.to, To)
            and last.to.clock is None
            and not gap
            and isinstance(piece.values[-1], Clock)
        ):
            last.to = To(piece.values[-1], last.to.part)
            last.spans.append((piece.begin, piece.stop))
        elif last and last.clock and not ends and _TO.fullmatch(gap) and isinstance(piece.values[-1], (Clock, Part)):
            end = piece.values[-1]
            last.to = To(end) if isinstance(end, Clock) else To(None, end)  # 早上9点到晚上6点
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


def _slot(value: Value) -> str:
    return next(name for kind, name in _SLOTS if isinstance(value, kind))


def _is_short(offset: Offset | None) -> bool:
    """Returns whether a distance is of minutes, so that no hour can follow."""
    return offset is not None and bool(offset.minutes) and not offset.days and not offset.months
