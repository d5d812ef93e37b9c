"""Quiet hours: the part of the day in which a bot writes nobody of its own accord."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

USUAL = "22:00-07:00"
OFF = "off"
LENGTH = 11
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def check(value: str) -> None:
    """Validates the column of a bot or a person.

    Raises:
        ValidationError: It is neither "HH:MM-HH:MM" nor "off".
    """
    if value and value != OFF and _SPAN.fullmatch(value) is None:
        raise ValidationError(_("Write it as 22:00-07:00, or off."))


def field(label: Any, help_text: Any) -> dict[str, Any]:
    """Returns the options of the column."""
    return {
        "verbose_name": label,
        "max_length": LENGTH,
        "blank": True,
        "default": "",
        "db_default": "",
        "validators": [check],
        "help_text": help_text,
    }


def end(now: datetime, *hours: str) -> datetime | None:
    """Returns when the quiet hours around `now` end, in its zone; None when they are not now.

    Args:
        now: Aware, in the zone of the reader.
        hours: The person's, then the bot's; the first that is not empty counts, else the usual ones.
    """
    span = _SPAN.fullmatch(next(filter(None, hours), USUAL))
    if span is None:  # off
        return None
    begins, ends = time(int(span[1]), int(span[2])), time(int(span[3]), int(span[4]))
    at = now.time()
    inside = begins <= at < ends if begins <= ends else at >= begins or at < ends
    if not inside:
        return None
    day = now.date() + timedelta(days=1 if at >= ends else 0)
    return datetime.combine(day, ends, tzinfo=now.tzinfo)
