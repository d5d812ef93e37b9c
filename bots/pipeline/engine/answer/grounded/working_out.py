"""Works out what a message asks to be worked out: a sum, a conversion, or the total of what was told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from bots.pipeline.engine.answer.grounded import conversions, sums, totals, wanted
from bots.pipeline.engine.answer.grounded.clauses import Clause, Focus
from bots.pipeline.engine.answer.grounded.facts import Said
from bots.pipeline.engine.answer.grounded.plain_text import asks


def answer(
    text: str,
    last: str,
    said: Sequence[Said],
    told: Callable[[], tuple[Sequence[Clause], Focus]],
    at: tuple[datetime, tzinfo],
) -> str:
    """Returns the calculation with its result; "" for another message.

    Args:
        text: The message.
        last: The bot's answer before, whose result a follow-up goes on from.
        said: What was said before, oldest first, corrections brought in.
        told: Returns the clauses of what was said, and what the talk is about.
        at: Aware time of the message, and the person's zone.
    """
    now, zone = at
    today = now.astimezone(zone).date()
    if worked := sums.answer(text, last, [one.text for one in said], today) or conversions.answer(text):
        return worked
    if not totals.may_ask(text):
        return ""
    clauses, focus = told()
    return totals.answer(text, wanted.read(text, focus), clauses, today, zone) if asks(text) else ""
