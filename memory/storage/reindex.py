"""Rebuilds the columns derived from a row's text: index text, content hashes, dates and vectors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from memory import database
from memory.embedders import current
from memory.models import MemoryEntry, MemoryEntryQuerySet, new_stamp
from memory.storage import embedding_backfill
from memory.storage.rows import content_hash
from memory.text.dates import resolve
from memory.text.term_keys import pack
from memory.text.tokenizer import index_terms
from memory.text.topics import marks

BATCH = 500
FIELDS = ("tokens", "terms", "content_hash", "dates")
ANY_ZONE = timezone(timedelta(0), "day")  # not `UTC` itself, which would be converted to local time


def rewrite_index(rows: MemoryEntryQuerySet, report: Callable[[int], object] = lambda count: None) -> int:
    """Recomputes the index text of every searched row (not of copies); returns how many rows changed."""
    changed = 0
    ids = list(rows.distinct_entries().order_by("id").values_list("id", flat=True))
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        stale = [row for row in MemoryEntry.objects.filter(id__in=part).defer("vector") if _renew(row)]
        with database.atomic():
            if stale:
                changed += MemoryEntry.objects.bulk_update(stale, (*FIELDS, "stamp"))
        report(len(part))
    return changed


def _renew(row: MemoryEntry) -> bool:
    """Sets the derived fields of a row; returns False when they are already correct."""
    made = _derived(row)
    if all(made[name] == _plain(getattr(row, name)) for name in FIELDS):
        return False
    for name in FIELDS:
        setattr(row, name, made[name])
    row.stamp = new_stamp()
    return True


def _derived(row: MemoryEntry) -> dict[str, Any]:
    """Computes the fields that are derived from a row's text, speaker and day."""
    # The stored day is in the speaker's calendar; the index text does not depend on the hour.
    words = index_terms(row.text, row.speaker, datetime(row.day.year, row.day.month, row.day.day, 12, tzinfo=ANY_ZONE))
    if row.kind != row.Kind.SUMMARY:
        words += marks(row.text, row.role)
    said = row.kind == row.Kind.TURN
    return {
        "tokens": " ".join(words),
        "terms": pack(words),
        "content_hash": content_hash(row.role if said else row.kind, row.text, row.day if said else None),
        "dates": [found.as_json() for found in resolve(row.text, row.day)],
    }


def _plain(value: object) -> object:
    """Converts the memoryviews that PostgreSQL returns to bytes."""
    return bytes(value) if isinstance(value, memoryview) else value


def drop_vectors(rows: MemoryEntryQuerySet) -> int:
    """Drops the vectors of these rows; their recall is lexical until they are embedded again."""
    return rows.exclude(embedder="").update(vector=None, embedder="", claim=None, claim_until=None)


def missing_vectors(rows: MemoryEntryQuerySet, report: Callable[[int], object] = lambda count: None) -> int:
    """Embeds those of the rows that lack a vector; returns how many."""
    current.use_all_cores()
    return embedding_backfill.embed_waiting(only=lambda waiting: waiting & rows, report=report)
