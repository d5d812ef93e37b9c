"""Shows what the person said, word for word, with its day and time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bots.pipeline.engine.answer.grounded import telling
from bots.pipeline.engine.answer.grounded.clauses import Clause

_FAR = 0.8
LONGEST = 200  # characters of one quotation


def line(text: str, at: datetime, today: datetime, *, corrected: bool = False) -> str:
    """Returns one quotation. at: when it was said. today: now, in the person's zone. corrected: its text was mended."""
    when = at.astimezone(today.tzinfo)
    shown = " ".join(text.split())
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST].rstrip()}…"
    if when.date() == today.date():
        said = _("As you corrected it today: %(text)s") if corrected else _("You told me today: %(text)s")
        return said % {"text": shown}
    said = _("As you corrected it on %(day)s: %(text)s") if corrected else _("On %(day)s you said: %(text)s")
    return said % {"day": telling.day(when, today), "text": shown}


def timed(text: str, at: datetime, today: datetime) -> str:
    """Returns one quotation with its day and time of day."""
    when = at.astimezone(today.tzinfo)
    shown = " ".join(text.split())
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST].rstrip()}…"
    return _("On %(day)s at %(time)s you said: %(text)s") % {
        "day": telling.day(when, today),
        "time": dateformat.format(when, pgettext("time format", "H:i")),
        "text": shown,
    }


def lines(found: Sequence[Clause], told: Sequence[Clause], now: datetime, zone: tzinfo) -> str:
    """Returns a line for each message that a found clause is from.

    A clause that leaves out what it is about comes with the one before: "my exam moved, it's on friday".

    Args:
        found: The clauses, oldest first.
        told: All clauses of what was said.
        now: Time of the question.
        zone: The person's zone.
    """
    shown: dict[str, None] = {}
    today = now.astimezone(zone)
    for number in dict.fromkeys(clause.message for clause in found):
        of_message = [clause for clause in told if clause.message == number]
        chosen = [clause for clause in found if clause.message == number]
        first = of_message.index(chosen[0])
        if chosen[0].near > _FAR and first and of_message[first - 1].owners == chosen[0].owners:
            chosen.insert(0, of_message[first - 1])
        shown[line(_joined(chosen), chosen[0].at, today, corrected=chosen[0].corrected)] = None
    return "\n".join(shown)


def _joined(clauses: Sequence[Clause]) -> str:
    parts: list[str] = []
    for clause in clauses:
        mark = "" if not parts or parts[-1][-1:] in ".!?,;。！？，；" else ("，" if _is_han(parts[-1][-1:]) else ", ")
        parts.append(f"{mark}{clause.text}" if mark or not parts or _is_han(parts[-1][-1:]) else f" {clause.text}")
    return "".join(parts)


def _is_han(character: str) -> bool:
    return "\u3000" <= character <= "\u9fff" or character in "，。！？；"
