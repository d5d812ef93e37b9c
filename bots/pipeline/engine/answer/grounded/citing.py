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


def passages(found: Sequence[Clause], texts: Sequence[str], now: datetime, zone: tzinfo) -> str:
    """Returns a line for each passage, word for word.

    Args:
        found: The passages, oldest first.
        texts: What was said, by number of the message.
        now: Time of the question.
        zone: The person's zone.
    """
    today = now.astimezone(zone)
    shown = {
        line(texts[one.message][one.start : one.stop], one.at, today, corrected=one.corrected): None for one in found
    }
    return "\n".join(shown)
