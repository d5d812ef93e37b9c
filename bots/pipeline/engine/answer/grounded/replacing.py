"""Finds what a later message says instead of an earlier one: "switched to nursing" takes the place of the old subject.

A correction that names the old value is brought into the earlier message (`amending`). Here the later message only
says what is new: it marks a change, and either has a word of the question, or says nothing but a value right after.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from bots.pipeline.engine.answer.grounded import lookup, ranking, words
from bots.pipeline.engine.answer.grounded.clauses import Clause, Focus
from bots.pipeline.engine.answer.grounded.wanted import SINGLE, Wanted

_MARKS = re.compile(
    r"\b(?:now|new|update[ds]?|upgraded?|switched|migrated|converted|changed?|moved|swapped"
    r"|replaced|repainted|instead|actually|no longer"
    r"|any ?more|make it|raised|went up|went down|is up to|are up to|turned out|got it|hit|died|sold|dropped"
    r"|quit|left|gave up|turns out)\b"
    r"|\b(?:i was|got (?:it|that)|that'?s|that was) wrong\b"
    r"|\bmy mistake\b|\bi meant?\b|\bended up\b|[搞记说弄写打看]错|不对|更正|纠正"
    r"|改|换|变成|变为|[涨降升加减]到|搬到|更新|又想|定了|最后|后来|延误|推迟|提前|不再|看错|刚看|卖了|去世|丢了|只剩|还剩"
)
_LIGHT = re.compile(
    r"\b(?:now|new|ones?|update[ds]?|upgraded?|switched|changed?|moved|swapped|replaced|instead|actually|today|yesterday|last|lets?|just|hit"
    r"|got)\b|改|换|变成|变为|[涨降升]到?|更新|了"
)
_ENDS = re.compile(
    r"\b(?:instead|no longer|any ?more|dropped|sold|died|quit|gave up|actually|wrong|mistake|meant?|ended up)\b"
    r"|改成|换成|不再|卖了|去世|[搞记说弄写打看]错|更正|纠正"
)
"""Words that say that the earlier value holds no more."""
_NOW = re.compile(r"\b(?:now|currently|these days|at the moment|still)\b|现在|目前|如今")
_FEW = 3
_NAMES_TYPE = {
    "time": re.compile(r"\b(?:date|day|time|month|week)\b|时间|日期|日子"),
    "place": re.compile(
        r"\b(?:place|city|country|destination|venue|location|room|town|spot|hotel)\b|地方|地点|目的地|城市"
    ),
    "number": re.compile(r"\b(?:price|cost|number|amount|total|figure)\b|价格|价钱|数量|人数|号码"),
    "name": re.compile(r"\bnames?\b|名字"),
    "person": re.compile(r"\b(?:person|name)\b|人选|名字"),
}
"""How a message names what kind of value it changes: "we changed the place"."""


def newest(
    shown: Sequence[Clause], told: Sequence[Clause], asked: Wanted, focus: Focus, *, today: bool = False
) -> list[Clause]:
    """Returns the passages to show, with what was said later in the place of what it replaces.

    Args:
        shown: The passages that answer, oldest first.
        told: All passages, oldest first.
        asked: The question.
        focus: Whom the talk is about.
        today: The question asks for what holds now.
    """
    found: list[Clause] = []
    messages = [ranking.whole(list(parts)) for _number, parts in groupby(told, key=lambda part: part.message)]
    for one in shown:
        late = next((late for late in reversed(messages) if _replaces(late, one, messages, asked, focus, today)), None)
        both = late is not None and not asked.type and not _meets(asked, late) and not _ENDS.search(late.plain)
        found += [
            each for each in ([one] if late is None or both else []) + ([late] if late else []) if each not in found
        ]
    return sorted(found, key=lambda one: (one.message, one.start))


def marks(clause: Clause) -> bool:
    """Tells whether a clause says that something has changed."""
    return _MARKS.search(clause.plain) is not None


def asks_for_now(text: str) -> bool:
    """Tells whether a question asks for what holds now."""
    return _NOW.search(text.lower()) is not None


def _replaces(late: Clause, early: Clause, told: Sequence[Clause], asked: Wanted, focus: Focus, today: bool) -> bool:
    if late.message <= early.message or not marks(late) or lookup.commands(late):
        return False
    names = _NAMES_TYPE.get(asked.type)
    named = names is not None and names.search(late.plain) is not None and late.message - early.message <= _FEW
    if asked.type and not named and not lookup.holds_type(asked, late, focus):
        return False
    if asked.whom and not lookup.of_same(asked, late, focus):
        return False
    mine = [word for word in words.of(_LIGHT.sub(" ", late.plain)) if not word.is_weak]
    if named or _meets(asked, late) or today:
        return True
    if asked.whom and not any(not word.is_weak for word in asked.words):  # "what breed is Biscuit?"
        return True
    if any(word.concepts & SINGLE - asked.concepts for word in late.words):  # "we moved to Ulm" is not where one works
        return False
    between = {one.message for one in told if early.message < one.message < late.message}
    telling = [word for word in mine if not word.stem[:1].isdigit()]
    return not between and len(telling) <= _FEW


def _meets(asked: Wanted, clause: Clause) -> bool:
    return any(words.met(word, clause.words, clause.plain) for word in asked.words if not word.is_weak)
