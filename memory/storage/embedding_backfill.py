"""Embeds rows that lack a vector of the current embedder. Workers claim disjoint chunks."""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from memory.embedders import choice, current
from memory.embedders.base import Embedder, Matrix, passage_label
from memory.errors import EmbedderUnavailable
from memory.models import MemoryEntry, MemoryEntryQuerySet, stale
from memory.storage.passages import Embeddable, passages
from memory.storage.port import store
from memory.storage.rows import pack

logger = logging.getLogger(__name__)

CHUNK = 128  # rows per claim: enough to sort by length, few enough to repeat after a kill
_LEASE = timedelta(seconds=120)
_RENEW_S = 30.0
Filter = Callable[[MemoryEntryQuerySet], MemoryEntryQuerySet]


def waiting() -> MemoryEntryQuerySet:
    """Selects rows of all bots that lack a vector of the current embedder; narrow with `for_bot` or `for_person`."""
    return MemoryEntry.objects.waiting_for_vector(current.space()[0])


def embed_waiting(
    *, only: Filter = lambda rows: rows, report: Callable[[int], object] = lambda done: None, limit: int | None = None
) -> int:
    """Embeds waiting rows until none is left or `limit` is reached; returns how many rows got a vector.

    Does nothing when semantic search is off. When the embedder is down, logs a warning and returns; the next run
    embeds the remaining rows.

    Args:
        only: narrows the rows, for instance to one person.
        report: called after each chunk with its number of rows.
        limit: approximate maximum number of rows.
    """
    if not current.enabled():
        return 0
    done = 0
    try:
        for chunk in _embedded(only, limit):
            done += _store(chunk)
            choice.note()
            report(len(chunk.ids))
    except EmbedderUnavailable as error:
        choice.note(error)
        logger.warning("memory: %s; recall stays lexical for rows without a vector", error)
    return done


@dataclass(slots=True)
class _Chunk:
    """Rows claimed by this worker; the embedding thread sets the result of `vectors`."""

    claim: int
    ids: list[int]
    texts: list[str] = field(default_factory=list)
    label: str = ""
    vectors: Future[list[Matrix]] | None = None


def _embedded(only: Filter, limit: int | None) -> Iterator[_Chunk]:
    """Yields embedded chunks. While the caller stores one chunk, the next one is being embedded."""
    ahead: deque[_Chunk] = deque()
    taken = 0
    # Only this thread uses the database; the other one computes or waits for an endpoint.
    with ThreadPoolExecutor(1, thread_name_prefix="embed") as thread:
        try:
            while True:
                while len(ahead) < 2 and (limit is None or taken < limit):
                    # Claim before loading the embedder: an idle run must not load it.
                    chunk = _claim(only, CHUNK if limit is None else min(CHUNK, limit - taken))
                    if chunk is None:
                        break
                    ahead.append(chunk)
                    taken += len(chunk.ids)
                    _begin(chunk, thread)
                if not ahead:
                    return
                _await(ahead)
                yield ahead.popleft()
        finally:
            for chunk in ahead:
                if chunk.vectors is not None:
                    chunk.vectors.cancel()
                _release(chunk)


def _begin(chunk: _Chunk, thread: Executor) -> None:
    _read(chunk)
    embedder = current.current()
    chunk.label = passage_label(embedder)
    chunk.vectors = thread.submit(_vectors, embedder, chunk.texts)


def _vectors(embedder: Embedder, texts: list[str]) -> list[Matrix]:
    size = embedder.batch_size
    return [embedder.embed_passages(texts[start : start + size]) for start in range(0, len(texts), size)]


def _await(ahead: deque[_Chunk]) -> None:
    """Waits for the first chunk's vectors; renews the leases of all chunks meanwhile."""
    vectors = ahead[0].vectors
    assert vectors is not None  # noqa: S101 - each chunk is submitted when it is claimed
    while True:
        try:
            vectors.result(timeout=_RENEW_S)
            return
        except TimeoutError:
            if vectors.done():
                raise
            for chunk in ahead:
                _mine(chunk).update(claim_until=timezone.now() + _LEASE)


def _claim(only: Filter, size: int = CHUNK) -> _Chunk | None:
    """Claims the next rows for this worker; None when no row is free."""
    now = timezone.now()
    free = Q(claim_until=None) | Q(claim_until__lt=now)
    for kind in (Q(embedder=""), *stale(current.space()[0])):
        rows = MemoryEntry.objects.filter(kind, free, duplicate_of=None)
        while ids := list(only(rows).order_by("embedder", "id").values_list("id", flat=True)[:size]):
            claim = secrets.randbits(62)
            if rows.filter(id__in=ids).update(claim=claim, claim_until=now + _LEASE):
                return _Chunk(claim, ids)
    return None


def _read(chunk: _Chunk) -> None:
    """Loads the passages of the rows that this worker claimed successfully."""
    held = _mine(chunk).order_by("id").values_list(*Embeddable._fields)
    rows = [Embeddable(*values) for values in held]
    # Sorted by length, because embedders pad every text of a batch to the longest.
    ordered = sorted(zip(rows, passages(rows), strict=True), key=lambda pair: len(pair[1]))
    chunk.ids, chunk.texts = [row.id for row, _ in ordered], [text for _, text in ordered]


def _store(chunk: _Chunk) -> int:
    made = chunk.vectors.result() if chunk.vectors else []
    packed = [pack(vector) for batch in made for vector in batch]
    return store().store_vectors(list(zip(chunk.ids, packed, strict=True)), chunk.label, chunk.claim)


def _mine(chunk: _Chunk) -> MemoryEntryQuerySet:
    return MemoryEntry.objects.filter(claim=chunk.claim, id__in=chunk.ids)


def _release(chunk: _Chunk) -> None:
    """Releases the claim, so that the next worker need not wait for the lease to expire."""
    _mine(chunk).update(claim=None, claim_until=None)
