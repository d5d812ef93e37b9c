"""Builds the indexes of a large scope from its rows. Never inside a turn: by the task, by beat, by `reindex`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.db.models import Max, Q
from django.utils import timezone

from memory import database, embeddings, entries
from memory.errors import EmbedderUnavailable
from memory.indexes import lexical, registry
from memory.indexes.models import LargeScope
from memory.indexes.statistics import Counting, chunks, unpack_vectors
from memory.types import Scope

logger = logging.getLogger(__name__)

# How much a scope may have grown before its statistics are counted anew.
GROWN = 1.1
_LEASE = timedelta(minutes=10)
Progress = Callable[[int], object]


def build(scope: Scope, report: Progress = lambda rows: None) -> bool:
    """Makes or renews the indexes of a scope; False when it is not large, or another worker is at it.

    A kill at any line leaves the old indexes (or none) in use and a lease that runs out; the next run begins anew, and
    what it finds in the lexical index already it leaves there.

    Args:
        scope: whose memory.
        report: called with the number of rows of each part.
    """
    words = lexical.backend()
    if words is None or not registry.large_enough(entries.state(scope, limit=registry.LARGE_FROM)[0]):
        return False
    # First this row, so that triggers take in what is written from now on.
    row, _ = LargeScope.objects.get_or_create(bot_id=scope.bot_id, person_id=scope.person_id)
    mine = LargeScope.objects.filter(pk=row.pk)
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    if not mine.filter(free).update(lease_until=timezone.now() + _LEASE):
        return False
    started = time.monotonic()
    try:
        counting = _read(
            scope, row.pk, words, lambda done: (mine.update(lease_until=timezone.now() + _LEASE), report(done))
        )
        corpus = counting.corpus()
        mine.update(
            statistics=corpus.pack(), rows=corpus.rows, built_at=timezone.now(),
            build_seconds=round(time.monotonic() - started, 2),
        )  # fmt: skip
    finally:
        mine.update(lease_until=None)
    return True


def _read(scope: Scope, scope_id: int, words: lexical.LexicalIndex, report: Progress) -> Counting:
    labels, dimension = space()
    counting = Counting(dimension)
    upto = entries.of_scope(scope).aggregate(last=Max("id"))["last"] or 0
    for ids, terms, vectors in chunks(scope, labels, upto=upto):
        with database.atomic():
            words.fill(scope_id, ids)
        counting.add(terms, unpack_vectors(vectors, dimension)[0])
        report(len(ids))
    words.tidy()
    return counting


def space() -> tuple[tuple[str, ...], int]:
    """Labels of the vectors in use, and their dimension; no label when there are none to use."""
    if not embeddings.enabled():
        return (), 0
    try:
        embedder = embeddings.current()
    except EmbedderUnavailable as error:
        logger.warning("memory: indexes are built without vectors: %s", error)
        return (), 0
    return (embeddings.passage_label(embedder), embeddings.query_label(embedder)), embedder.dimension


def due() -> list[Scope]:
    """Large scopes whose indexes were never finished, or have fallen behind."""
    found = []
    for row in LargeScope.objects.order_by("built_at", "id").defer("statistics"):
        scope = Scope(row.bot_id, row.person_id)
        if row.built_at is None or entries.of_scope(scope).turns().distinct_entries().count() > row.rows * GROWN:
            found.append(scope)
    return found


def sweep() -> int:
    """Builds what is due; returns how many were built."""
    return sum(build(scope) for scope in due())
