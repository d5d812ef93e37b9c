"""Keeping vectors in step with the embedder."""

from __future__ import annotations

from memory import embeddings
from memory.errors import EmbedderUnavailable
from memory.models import MemoryEntry


def drop_stale_vectors(bot_id: int) -> int:
    """Vectors of another embedder than the one in use are made anew by `memory.embed_pending`; returns how many."""
    if not embeddings.enabled():
        return 0
    try:
        label = embeddings.passage_label(embeddings.current())
    except EmbedderUnavailable:
        return 0
    rows = MemoryEntry.objects.for_bot(bot_id).distinct_entries()
    stale = rows.exclude(embedder__in=("", label, f"{label}:query"))
    return stale.update(vector=None, embedder="", claim=None, claim_until=None)
