"""Keeping vectors in step with the embedder and with how turns are embedded."""

from __future__ import annotations

from django.db.models import Q

from memory.embedders import current
from memory.models import MemoryEntry, stale

# One night's worth: what is left over has its turn the night after.
MOST = 20_000


def renew_vectors(bot_id: int) -> int:
    """Asks for new vectors where old ones serve less well; returns how many rows wait for one.

    A turn that took over its question's vector was embedded without the turn it answers: it is embedded again as the
    passage it is. Vectors of another embedder are made anew by `memory.embed_pending` in any case and only counted.
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
