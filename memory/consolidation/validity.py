"""Computes when a statement became true: the past date it mentions, or else when it was said."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone

from memory.text.dates import date_cues


def true_since(text: str, said_at: datetime, day: date) -> datetime:
    """Returns the start of the latest past date in a text ("last week": that Monday), or else `said_at`."""
    return true_within(text, said_at, day)[0]


def true_within(text: str, said_at: datetime, day: date) -> tuple[datetime, datetime]:
    """Returns the earliest and the latest moment at which a statement can have become true; both at most `said_at`."""
    cues = [cue for cue in date_cues(text, day) if cue.start is not None and cue.start < day]
    if not cues:
        return said_at, said_at
    latest = max(cues, key=lambda cue: cue.start or day)
    begin, end = (_midnight(at or day) for at in (latest.start, latest.end))
    return min(said_at, begin), min(said_at, end)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
