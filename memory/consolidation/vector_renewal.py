"""Drops query vectors of turns, so that they are embedded again as passages."""

from __future__ import annotations

from django.db.models import Q

from memory.embedders import current
from memory.models import MemoryEntry, stale

# Maximum number of rows per run; the next run handles the rest.
MOST = 20_000


def renew_vectors(bot_id: int) -> int:
    """Drops the query vectors of turns; returns how many rows wait for a new vector.

    A turn stored with its query vector was embedded without the previous turn, so it is embedded again as a passage.
    Vectors of other embedders are only counted: `memory.embed_pending` replaces them in any case.
    """
    label, _dimension = current.space()
    if not label:
        return 0
    rows = MemoryEntry.objects.for_bot(bot_id).distinct_entries()
    others = Q()
    for kind in stale(label):
        others |= kind
    waiting = rows.filter(others).count()
    asked = list(rows.filter(embedder=f"{label}:query").order_by("id").values_list("id", flat=True)[:MOST])
    for start in range(0, len(asked), 500):
        part = MemoryEntry.objects.filter(pk__in=asked[start : start + 500], embedder=f"{label}:query")
        waiting += part.update(vector=None, embedder="", claim=None, claim_until=None)
    return waiting
