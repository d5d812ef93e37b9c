"""Makes vectors for rows that have none, in batches that no two workers share."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from memory import embeddings
from memory.embeddings import passage_label
from memory.entries import pack
from memory.errors import EmbedderUnavailable
from memory.models import MemoryEntry, MemoryEntryQuerySet, new_stamp
from memory.passages import Embeddable, passages

logger = logging.getLogger(__name__)

BATCH = 32
_LEASE = timedelta(seconds=120)
Filter = Callable[[MemoryEntryQuerySet], MemoryEntryQuerySet]


def embed_waiting(
    *, only: Filter = lambda rows: rows, report: Callable[[int], object] = lambda done: None, limit: int | None = None
) -> int:
    """Embeds waiting rows until none is left (or `limit` are done); returns how many got a vector.

    Does nothing when semantic search is off. When the embedder is down it logs, leaves the rows as they are and
    returns: the next run takes them up.

    Args:
        limit: stop after about this many rows.
        only: narrows the rows, for instance to one person.
        report: called after each batch with the number of rows of that batch.
    """
    if not embeddings.enabled():
        return 0
    done = 0
    try:
        while limit is None or done < limit:
            # A cheap look first: an idle run must not load the engine.
            claimed = _claim(only)
            if claimed is None:
                break
            done += _embed(*claimed)
            report(len(claimed[1]))
    except EmbedderUnavailable as error:
        logger.warning("memory: %s; recall stays lexical for rows without a vector", error)
    return done


def _claim(only: Filter) -> tuple[int, list[Embeddable]] | None:
    """Takes the next batch for this worker: (claim, rows), or None when nothing is free."""
    now = timezone.now()
    free = Q(claim_until=None) | Q(claim_until__lt=now)
    waiting = only(MemoryEntry.objects.waiting_for_vector()).filter(free).order_by("id")
    while ids := list(waiting.values_list("id", flat=True)[:BATCH]):
        claim = secrets.randbits(62)
        mine = MemoryEntry.objects.waiting_for_vector().filter(free, id__in=ids)
        if mine.update(claim=claim, claim_until=now + _LEASE):
            rows = MemoryEntry.objects.filter(claim=claim, id__in=ids).order_by("id")
            return claim, [Embeddable(*values) for values in rows.values_list(*Embeddable._fields)]
    return None


def _embed(claim: int, rows: list[Embeddable]) -> int:
    ids = [row.id for row in rows]
    mine = MemoryEntry.objects.filter(claim=claim, id__in=ids)
    try:
        embedder = embeddings.current()
        vectors = embedder.embed_passages(passages(rows))
    except BaseException:
        mine.update(claim=None, claim_until=None)  # whoever comes next need not wait for the lease to run out
        raise
    label = passage_label(embedder)
    made = [
        MemoryEntry(id=pk, vector=pack(vector), embedder=label, stamp=new_stamp(), claim=None, claim_until=None)
        for pk, vector in zip(ids, vectors, strict=True)
    ]
    # A row that was rewritten meanwhile has lost the claim: its old text's vector must not be stored.
    return mine.bulk_update(made, ("vector", "embedder", "stamp", "claim", "claim_until"))
