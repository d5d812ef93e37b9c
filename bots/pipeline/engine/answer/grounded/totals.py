"""Adds up what the person told in several messages: "12 euros on lunch", "and 30 on books", "how much did I spend?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, tzinfo

from bots.pipeline.engine.answer.grounded import sums, values, words
from bots.pipeline.engine.answer.grounded.clauses import Clause
from bots.pipeline.engine.answer.grounded.fact import SELF
from bots.pipeline.engine.answer.grounded.plain_text import plain
from bots.pipeline.engine.answer.grounded.wanted import Wanted
from memory.text.dates import DateCue, date_cues

MOST = 12  # numbers of a sum
_TOTAL = re.compile(
    r"\b(?:in total|altogether|total|combined|all together|so far|in all)\b"
    r"|^(?:and |so )*how much (?:did|have) (?:i|we) (?:spen[dt]|pa(?:y|id))\b"
    r"|总共|一共|加起来|加一起|合计|总计"
)
_HOW_MUCH = re.compile(r"\bhow (?:much|many)\b|\bwhat\b|多少|几")
_RATE = re.compile(
    r"\b(?:an?|per|each|every) (?:day|week|month|year|hour|night)\b|\b(?:dai|week|month|year)ly\b"
    r"|每[天周月年]|[一/]个?月"
)
_NOT_COUNTED = frozenset(("total", "altogether", "combined", "总共", "一共", "合计", "总计"))
_UNIT = re.compile(r"(?P<sign>[£$€¥])?(?P<n>\d+(?:\.\d+)?) ?(?P<unit>[a-z]{2,}|[\u4e00-\u9fff])?")
_NO_UNIT = frozenset(
    ("on", "for", "at", "in", "to", "and", "with", "from", "了", "吃", "买", "打", "在", "给", "的", "块", "元")
)
_MONEY = {"块": "元", "euro": "€", "euros": "€", "dollars": "$", "bucks": "$", "pounds": "£", "quid": "£"}
_SURE, _NEAR = 0.8, 0.7


def answer(text: str, asked: Wanted, told: Sequence[Clause], today: date, zone: tzinfo) -> str:
    """Returns the sum of the numbers that the person told of one thing, with the calculation; "" for another message.

    Args:
        text: The question.
        asked: The same, as it is read.
        told: The clauses of what was said, oldest first.
        today: The day in the person's zone.
        zone: The person's time zone.
    """
    question = plain(text)
    if asked.whom:
        return ""
    telling = [word for word in asked.words if word.stem not in _NOT_COUNTED and not _counts(word)]
    telling = [word for word in telling if word.concepts or not word.is_weak]
    period = next((cue for cue in date_cues(question, today) if cue.start is not None), None)
    found: list[tuple[str, str]] = []
    for clause in told:
        if telling and _is_of(clause, telling) and _within(clause, period, zone):
            number = _number(clause.plain)
            if number is None or _RATE.search(clause.plain):
                return ""  # a sum without it would be wrong
            found.append(number)
    units = {unit for _number_of, unit in found if unit}
    if not 1 < len(found) <= MOST or len(units) > 1:
        return ""
    return sums.worked(" + ".join(number for number, _unit in found))


def may_ask(text: str) -> bool:
    """Tells whether a message may ask for a total."""
    question = plain(text)
    return _TOTAL.search(question) is not None and _HOW_MUCH.search(question) is not None


def _counts(word: words.Word) -> bool:
    return "number" in word.concepts or word.stem.isdigit()


def _is_of(clause: Clause, telling: Sequence[words.Word]) -> bool:
    """Tells whether a clause has a number of what is asked for, of the person."""
    if clause.owners - {SELF} or not values.spans("number", clause.plain):
        return False
    for word in telling:
        if words.met(word, clause.words, clause.plain) >= _SURE:
            return True
        if "cost" in word.concepts and any("buy" in one.concepts for one in clause.words):
            return True
        if clause.elided and clause.near >= _NEAR and words.met(word, clause.context, "") >= _SURE:
            return True
    return False


def _number(told: str) -> tuple[str, str] | None:
    """Returns the one number in figures that a clause tells, and its unit; None when it tells none or several."""
    spans = values.spans("number", told)
    found = [one for one in _UNIT.finditer(told) if any(begin <= one.start("n") < stop for begin, stop in spans)]
    if len(found) != 1 or len(spans) != 1:
        return None
    unit = found[0]["sign"] or found[0]["unit"] or ""
    return found[0]["n"], "" if unit in _NO_UNIT else _MONEY.get(unit, unit)


def _within(clause: Clause, period: DateCue | None, zone: tzinfo) -> bool:
    if period is None:
        return True
    day = clause.at.astimezone(zone).date()
    return (period.start or date.min) <= day < (period.end or date.max)
