"""Shows what the person said, word for word, with its day and time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bots.pipeline.engine.answer.grounded import telling
from bots.pipeline.engine.answer.grounded.clauses import Clause

LONGEST = 200  # characters of one quotation
_WHOLE = 140  # characters of a message that is shown whole


def line(text: str, at: datetime, today: datetime, *, corrected: bool = False) -> str:
    """Returns one quotation. at: when it was said. today: now, in the person's zone. corrected: its text was mended."""
    when = at.astimezone(today.tzinfo)
    shown = " ".join(text.split())
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST].rstrip()}…"
    said = _("On %(day)s at %(time)s you said: %(text)s")
    if corrected:
        said = _("As you corrected it on %(day)s at %(time)s: %(text)s")
    return said % {
        "day": telling.day(when, today),
        "time": dateformat.format(when, pgettext("time format", "H:i")),
        "text": shown,
    }


def lines(found: Sequence[Clause], told: Sequence[Clause], now: datetime, zone: tzinfo) -> str:
    """Returns a line for each message that a found clause is from.

    A short message about one person is shown whole, so that "it's on friday" does not come without its subject.

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
        if _as_one(of_message):
            chosen = of_message
        text = _joined(chosen)
        shown[line(text, chosen[0].at, today, corrected=chosen[0].corrected)] = None
    return "\n".join(shown)


def _as_one(clauses: Sequence[Clause]) -> bool:
    owners = {clause.owners for clause in clauses if clause.owners}
    return len(owners) <= 1 and sum(len(clause.text) for clause in clauses) <= _WHOLE


def _joined(clauses: Sequence[Clause]) -> str:
    parts: list[str] = []
    for clause in clauses:
        mark = "" if not parts or parts[-1][-1:] in ".!?,;。！？，；" else ("，" if _is_han(parts[-1][-1:]) else ", ")
        parts.append(f"{mark}{clause.text}" if mark or not parts or _is_han(parts[-1][-1:]) else f" {clause.text}")
    return "".join(parts)


def _is_han(character: str) -> bool:
    return "\u3000" <= character <= "\u9fff" or character in "，。！？；"
