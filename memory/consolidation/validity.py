"""Computes when a statement became true: the past date it mentions, or else when it was said."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone

from memory.text.dates import date_cues


def true_since(text: str, said_at: datetime, day: date) -> datetime:
    """Returns the start of the latest past date in a text ("last week": that Monday), or else `said_at`."""
    starts = [cue.start for cue in date_cues(text, day) if cue.start is not None and cue.start < day]
    if not starts:
        return said_at
    return min(said_at, timezone.make_aware(datetime.combine(max(starts), time())))
