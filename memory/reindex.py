"""Makes everything derived from the rows anew: index text, content hashes and vectors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from memory import database, embeddings, entries, pending
from memory.models import MemoryEntry, MemoryEntryQuerySet, new_stamp
from memory.terms import pack
from memory.tokenizer import index_terms

BATCH = 500
ANY_ZONE = timezone(timedelta(0), "day")  # not UTC itself, which would be turned into local time


def rewrite_index(rows: MemoryEntryQuerySet, report: Callable[[int], object] = lambda count: None) -> int:
    """Recomputes the index text of every row that is searched; returns how many changed."""
    changed = 0
    ids = list(rows.distinct_entries().order_by("id").values_list("id", flat=True))
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        stale: list[MemoryEntry] = []
        for row in MemoryEntry.objects.filter(id__in=part).defer("vector"):
            # The stored day is the speaker's own; the hour does not matter to the index text.
            at = datetime(row.day.year, row.day.month, row.day.day, 12, tzinfo=ANY_ZONE)
            words = index_terms(row.text, row.speaker, at)
            tokens, terms = " ".join(words), pack(words)
            digest = entries.content_hash(row.role if row.kind == row.Kind.TURN else row.kind, row.text)
            if (
                tokens != row.tokens
                or row.terms is None
                or terms != bytes(row.terms)
                or digest != bytes(row.content_hash)
            ):
                row.tokens, row.terms, row.content_hash, row.stamp = tokens, terms, digest, new_stamp()
                stale.append(row)
        with database.atomic():
            if stale:
                changed += MemoryEntry.objects.bulk_update(stale, ("tokens", "terms", "content_hash", "stamp"))
        report(len(part))
    return changed


def drop_vectors(rows: MemoryEntryQuerySet) -> int:
    """Forgets the vectors of these rows; recall stays lexical for them until they are made anew."""
    return rows.exclude(embedder="").update(vector=None, embedder="", claim=None, claim_until=None)


def missing_vectors(rows: MemoryEntryQuerySet, report: Callable[[int], object] = lambda count: None) -> int:
    """Makes the vectors these rows lack; returns how many."""
    embeddings.use_all_cores()
    return pending.embed_waiting(only=lambda waiting: waiting & rows, report=report)
