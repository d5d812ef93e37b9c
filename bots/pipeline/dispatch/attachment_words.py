"""Writes attachments without a file as text: places, contacts, polls and orders."""

from __future__ import annotations

from django.utils.translation import gettext as _

from adapters.events import Attachment, Event
from bots.pipeline.engine.answer.untrusted_text import neutral

LONGEST = 500  # characters of one attachment
_BRACKETS = str.maketrans("]】", "))")  # the Chinese lines end with the second bracket


def in_words(event: Event) -> str:
    """Returns one line for each place, contact, poll and order, in the active language; "" when there is none."""
    return "\n".join(filter(None, map(_line, event.attachments)))


def _line(part: Attachment) -> str:
    # Another person may have written the name and the details, so they stay one line inside the brackets.
    details = ", ".join(filter(None, (part.name, part.details, _number(part), _position(part))))
    what = neutral(details)[:LONGEST].translate(_BRACKETS)
    lines = {
        "location": _("[Place: %(what)s]"),
        "contact": _("[Contact: %(what)s]"),
        "poll": _("[Poll: %(what)s]"),
        "order": _("[Order: %(what)s]"),
    }
    return lines[part.type] % {"what": what} if what and part.type in lines else ""


def _number(part: Attachment) -> str:
    return part.id if part.type == "contact" else ""


def _position(part: Attachment) -> str:
    if part.latitude is None or part.longitude is None:
        return ""
    return f"{round(part.latitude, 6)}, {round(part.longitude, 6)}"
