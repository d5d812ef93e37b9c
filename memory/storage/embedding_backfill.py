"""Makes vectors for rows that have none of the present embedder, in chunks that no two workers share."""

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

from memory import database
from memory.embedders import choice, current
from memory.embedders.base import Embedder, Matrix, passage_label
from memory.errors import EmbedderUnavailable
from memory.models import MemoryEntry, MemoryEntryQuerySet, new_stamp, stale
from memory.storage.passages import Embeddable, passages
from memory.storage.rows import pack

logger = logging.getLogger(__name__)

CHUNK = 128  # rows claimed at a time: enough to sort by length, little to do again after a kill
_LEASE = timedelta(seconds=120)
_RENEW_S = 30.0
Filter = Callable[[MemoryEntryQuerySet], MemoryEntryQuerySet]

_TABLE = MemoryEntry._meta.db_table
# A row that was rewritten meanwhile has lost the claim: its old text's vector must not be stored.
_STORE = (
    f"UPDATE {_TABLE} SET vector = %s, embedder = %s, stamp = %s, claim = NULL, claim_until = NULL "  # noqa: S608
    "WHERE id = %s AND claim = %s"
)


def waiting() -> MemoryEntryQuerySet:
    """Rows that lack a vector of the embedder in use, of all bots; narrow it with `for_bot` or `for_person`."""
    return MemoryEntry.objects.waiting_for_vector(current.space()[0])


def embed_waiting(
    *, only: Filter = lambda rows: rows, report: Callable[[int], object] = lambda done: None, limit: int | None = None
) -> int:
    """Embeds waiting rows until none is left (or `limit` are done); returns how many got a vector.

    Does nothing when semantic search is off. When the embedder is down it logs, leaves the rows as they are and
    returns: the next run takes them up.

    Args:
        limit: stop after about this many rows.
        only: narrows the rows, for instance to one person.
        report: called after each chunk with the number of rows of that chunk.
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
    """Rows held by this worker; `vectors` is filled by the embedding thread."""

    claim: int
    ids: list[int]
    texts: list[str] = field(default_factory=list)
    label: str = ""
    vectors: Future[list[Matrix]] | None = None


def _embedded(only: Filter, limit: int | None) -> Iterator[_Chunk]:
    """Chunks whose vectors are made. While one is stored by the caller, the next is embedded already."""
    ahead: deque[_Chunk] = deque()
    taken = 0
    # The database is used in this thread alone; the other one only computes, or waits for an endpoint.
    with ThreadPoolExecutor(1, thread_name_prefix="embed") as thread:
        try:
            while True:
                while len(ahead) < 2 and (limit is None or taken < limit):
                    # A cheap look first: an idle run must not load the engine.
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
    """Waits for the first chunk's vectors and meanwhile keeps the leases of all, however slow the embedder is."""
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
    """Takes the next rows for this worker, or None when nothing is free."""
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
    """Fills in what is to be embedded of the rows that are really held."""
    held = _mine(chunk).order_by("id").values_list(*Embeddable._fields)
    rows = [Embeddable(*values) for values in held]
    # By length: an embedder fills every text of a batch up to its longest.
    ordered = sorted(zip(rows, passages(rows), strict=True), key=lambda pair: len(pair[1]))
    chunk.ids, chunk.texts = [row.id for row, _ in ordered], [text for _, text in ordered]


def _store(chunk: _Chunk) -> int:
    made = chunk.vectors.result() if chunk.vectors else []
    packed = [pack(vector) for batch in made for vector in batch]
    values = [(v, chunk.label, new_stamp(), pk, chunk.claim) for pk, v in zip(chunk.ids, packed, strict=True)]
    with database.atomic(), database.connection().cursor() as cursor:
        cursor.executemany(_STORE, values)
        return int(cursor.rowcount)


def _mine(chunk: _Chunk) -> MemoryEntryQuerySet:
    return MemoryEntry.objects.filter(claim=chunk.claim, id__in=chunk.ids)


def _release(chunk: _Chunk) -> None:
    """Whoever comes next need not wait for the lease to run out."""
    _mine(chunk).update(claim=None, claim_until=None)
