"""Writes attachments without a file as text: places, contacts, polls, orders and the like."""

from __future__ import annotations

from django.utils.translation import gettext as _

from adapters.events import Attachment, Event
from bots.pipeline.engine.answer.untrusted_text import neutral

LONGEST = 500  # characters of one attachment
_BRACKETS = str.maketrans("]】", "))")  # the Chinese lines end with the second bracket


def in_words(event: Event) -> str:
    """Returns one line for each attachment that is no file, in the active language; "" when there is none."""
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
        "checklist": _("[Checklist: %(what)s]"),
        "event": _("[Event: %(what)s]"),
        "task": _("[Task: %(what)s]"),
        "form": _("[Form: %(what)s]"),
        "invoice": _("[Invoice: %(what)s]"),
        "payment": _("[Payment: %(what)s]"),
        "game": _("[Game: %(what)s]"),
        "dice": _("[Dice: %(what)s]"),
        "sticker": _("[Sticker: %(what)s]"),
        "ad": _("[The person came from this advertisement: %(what)s]"),
        "product": _("[The person asks about this product: %(what)s]"),
    }
    return lines[part.type] % {"what": what} if what and part.type in lines else ""


def _number(part: Attachment) -> str:
    return part.id if part.type == "contact" else ""


def _position(part: Attachment) -> str:
    if part.latitude is None or part.longitude is None:
        return ""
    return f"{round(part.latitude, 6)}, {round(part.longitude, 6)}"
