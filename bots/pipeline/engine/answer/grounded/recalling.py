"""The last stage of an answer: quotes what has most in common with a question that no rule reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bots.pipeline.engine.answer.grounded import lookup, ranking, replacing, words
from bots.pipeline.engine.answer.grounded.clauses import Clause, Focus
from bots.pipeline.engine.answer.grounded.plain_text import HAN, plain, question
from bots.pipeline.engine.answer.grounded.wanted import Wanted

LONGEST = 16  # Chinese characters, or twice the English words, of a message that only names something
_STATES = re.compile(
    r"\b(?:is|are|am|was|were|i|i'm|im|i've|have|has|got|he's|she's|it's|we|we're|they|not|will|went)\b|[是叫有没了吧爱怕]|喜欢|讨厌|(?<!现)在"
)
_STRICT = 0.8
_KNOWN = 0.5


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is quoted, oldest first.

    Attributes:
        passages: What was said.
        gone: Messages whose value holds no more.
        sure: It has the type of value asked for, or none is asked for.
        related: It has a word of the question, or may be about whom it asks; else it is about somebody else.
    """

    passages: tuple[Clause, ...]
    sure: bool
    gone: frozenset[int] = frozenset()
    related: bool = True


def find(
    asked: Wanted, told: Sequence[Clause], focus: Focus, meanings: Mapping[int, float], *, strict: bool, least: float
) -> Recalled | None:
    """Returns what answers a question, or comes nearest; None when nothing has enough in common with it.

    Args:
        asked: The question.
        told: All clauses of what was said.
        focus: Whom the talk is about.
        meanings: By number of the message: the cosine with the question.
        strict: Only what has the question's own words is sure; the rules know that what it asks was not told.
        least: The least score.
    """
    found = ranking.ranked(asked, told, focus, meanings)
    if not found or found[0].score < least:
        return None
    if asked.concepts & lookup.EXACT and found[0].own < _STRICT:
        return None
    parts = ranking.passages(told)
    best = ranking.best(found, parts, asked, focus)
    shown = replacing.newest(best, parts, asked, focus)
    gone = frozenset(one.message for one in best) - {one.message for one in shown}
    sure = any(one.typed for one in found if any(ranking.holds(each, one.passage) for each in shown))
    sure = sure and found[0].score >= ranking.LIKELY
    telling = any(not word.is_weak for word in (*asked.words, *asked.optional))
    if strict and asked.yes_no and asked.whom and not telling:  # "do I have a dog?": it is said of one
        sure = all(lookup.of_same(asked, one, focus) and not lookup.denies(one) for one in shown)
    elif strict:
        sure = sure and found[0].own >= _STRICT and not any(lookup.denies(one) for one in shown)
        sure = sure and all(lookup.of_same(asked, one, focus) for one in shown)
    related = found[0].own > 0 or any(lookup.of_same(asked, one, focus) for one in shown)
    return Recalled(tuple(shown), sure, gone, related)


def states(text: str) -> bool:
    """Tells whether a message has a word of a statement, such as a verb of being."""
    return _STATES.search(plain(text)) is not None


def names_known(text: str, told: Sequence[Clause], *, after_question: bool) -> bool:
    """Tells whether a short message only names what was told before, and so asks for it: "standup time".

    After a question, a few words without a statement are one more: 终点.
    """
    typed = plain(text)
    length = len(typed) if HAN.search(typed) else len(typed.split()) * 2
    if not told or not typed or length > LONGEST or _STATES.search(typed):
        return False
    said = " ".join(clause.plain for clause in told)
    if any(number not in said for number in re.findall(r"\d+", typed)):
        return False
    if after_question and length <= LONGEST // 2:
        return True
    mine = words.of(question(text))
    everything = tuple(dict.fromkeys(word for clause in told for word in clause.words))
    known = [word for word in mine if words.met(word, everything, said)]
    return bool(known) and len(known) >= _KNOWN * len(mine)
