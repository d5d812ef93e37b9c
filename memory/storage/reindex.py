"""Makes everything derived from the rows anew: index text, content hashes and vectors."""

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

BATCH = 500
FIELDS = ("tokens", "terms", "content_hash", "dates")
ANY_ZONE = timezone(timedelta(0), "day")  # not UTC itself, which would be turned into local time


def rewrite_index(rows: MemoryEntryQuerySet, report: Callable[[int], object] = lambda count: None) -> int:
    """Recomputes the index text of every row that is searched; returns how many changed."""
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
    """Sets the fields that differ from what the row's text gives now; False when none does."""
    made = _derived(row)
    if all(made[name] == _plain(getattr(row, name)) for name in FIELDS):
        return False
    for name in FIELDS:
        setattr(row, name, made[name])
    row.stamp = new_stamp()
    return True


def _derived(row: MemoryEntry) -> dict[str, Any]:
    """What follows from a row's text, speaker and day."""
    # The stored day is the speaker's own; the hour does not matter to the index text.
    words = index_terms(row.text, row.speaker, datetime(row.day.year, row.day.month, row.day.day, 12, tzinfo=ANY_ZONE))
    said = row.kind == row.Kind.TURN
    return {
        "tokens": " ".join(words),
        "terms": pack(words),
        "content_hash": content_hash(row.role if said else row.kind, row.text, row.day if said else None),
        "dates": [found.as_json() for found in resolve(row.text, row.day)],
    }


def _plain(value: object) -> object:
    """PostgreSQL hands out memoryviews."""
    return bytes(value) if isinstance(value, memoryview) else value


def drop_vectors(rows: MemoryEntryQuerySet) -> int:
    """Forgets the vectors of these rows; recall stays lexical for them until they are made anew."""
    return rows.exclude(embedder="").update(vector=None, embedder="", claim=None, claim_until=None)


def missing_vectors(rows: MemoryEntryQuerySet, report: Callable[[int], object] = lambda count: None) -> int:
    """Makes the vectors these rows lack; returns how many."""
    current.use_all_cores()
    return embedding_backfill.embed_waiting(only=lambda waiting: waiting & rows, report=report)
