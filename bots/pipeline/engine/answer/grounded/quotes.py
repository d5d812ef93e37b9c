"""Quotes what the person and the team said, with its day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bots.pipeline.engine.answer.grounded import telling
from bots.pipeline.engine.answer.grounded.personal import claims
from bots.pipeline.engine.answer.grounded.plain_text import asks
from bots.pipeline.engine.answer.grounded.relevance import related
from memory.consolidation.noise_filter import own_words
from memory.ranking import render
from memory.types import Hit

SHOWN = 3
LONGEST = 200
LEAST_OF_TEAM = 0.3


def quotable(hits: Sequence[Hit], text: str) -> list[Hit]:
    """Returns the hits to quote: statements of the person and the team that are related to the question, each once.

    What corrects such a statement is related too, whatever its words.
    """
    asked = _key(text)
    corrections = {hit.corrected_by for hit in hits if related(hit)}
    seen = {asked}
    found: list[Hit] = []
    for hit in hits:
        key = _key(hit.text)
        # Earlier questions answer nothing, and the responder's earlier answers only repeat what the person said.
        fits = related(hit) or hit.id in corrections
        if key in seen or not fits or hit.role == "assistant" or asks(hit.text) or claims(hit.text):
            continue
        seen.add(key)
        found.append(hit)
    return found


def by_team(hits: Sequence[Hit]) -> list[Hit]:
    """Returns what the team said on the subject; it speaks of the person's matter, so fewer words have to agree."""
    return [hit for hit in hits if hit.role == "operator" and hit.why.get("coverage", 1.0) >= LEAST_OF_TEAM]


def quoted(hits: Sequence[Hit], zone: tzinfo, now: datetime) -> str:
    """Returns one line for each of the first hits; "" for none."""
    return "\n".join(_quote(hit, zone, now) for hit in hits[:SHOWN])


def _quote(hit: Hit, zone: tzinfo, now: datetime) -> str:
    when, today = hit.occurred_at.astimezone(zone), now.astimezone(zone)
    text = " ".join(hit.text.split())
    if len(text) > LONGEST:
        text = text[:LONGEST].rstrip() + "…"
    told = _("On %(day)s you said: %(text)s") if own_words(hit.text) else _("On %(day)s you forwarded: %(text)s")
    if hit.role == "operator":
        told = _("On %(day)s our team said: %(text)s")
    said = told % {"day": telling.day(when, today), "text": text}
    meant = render.meant(hit, when.date(), _written)
    return _("%(said)s (%(meant)s)") % {"said": said, "meant": meant} if meant else said


def _written(day: date) -> str:
    return dateformat.format(day, pgettext("date format", "Y-m-d"))


def _key(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
