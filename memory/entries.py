"""Rows of long-term memory: written in bulk, read scope by scope."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

import numpy as np
from django.db.models import Count, F, Max, Min, Q, Sum
from django.db.models.functions import Greatest
from django.utils import timezone

from memory.models import MemoryEntry, MemoryEntryQuerySet
from memory.scope_index import Row
from memory.tokenizer import index_terms, tokenize
from memory.types import Scope, Stats, Turn, Vector

State = tuple[int, int]
"""(rows, sum of stamps) of a scope: equal states hold equal rows."""

EMPTY: State = (0, 0)
_CHUNK = 500


def content_hash(role: str, text: str) -> bytes:
    """16 bytes that are equal for the same words of the same side, whatever their case, spacing and punctuation."""
    words = " ".join(tokenize(text)) or text.strip()
    return hashlib.blake2b(f"{role}\0{words}".encode(), digest_size=16).digest()


def pack(vector: Vector) -> bytes:
    """As little-endian float16: half the bytes, and ranking does not notice."""
    return np.asarray(vector, "<f2").tobytes()


def unpack(blob: bytes | memoryview) -> Vector:
    return np.frombuffer(blob, "<f2").astype(np.float32)


def of_scope(scope: Scope) -> MemoryEntryQuerySet:
    return MemoryEntry.objects.for_person(scope.bot_id, scope.person_id)


def state(scope: Scope) -> State:
    found = of_scope(scope).aggregate(n=Count("id"), s=Sum("stamp"))
    return int(found["n"]), int(found["s"] or 0)


def _local_day(at: datetime) -> datetime:
    """In UTC there is no telling where the speaker was: the installation's zone is the better guess."""
    return timezone.localtime(at) if at.tzinfo in (UTC, None) or at.utcoffset() is None else at


def build(turn: Turn, embedder_label: str) -> MemoryEntry:
    """The row of a turn, not saved."""
    local = _local_day(turn.occurred_at)
    return MemoryEntry(
        bot_id=turn.bot_id,
        person_id=turn.person_id,
        conversation_id=turn.conversation_id,
        message_id=turn.message_id,
        role=turn.role,
        speaker=turn.speaker[:200],
        session=(turn.session or (str(turn.conversation_id) if turn.conversation_id else ""))[:64],
        external_id=turn.external_id or None,
        text=turn.text,
        tokens=" ".join(index_terms(turn.text, turn.speaker, local)),
        content_hash=content_hash(turn.role, turn.text),
        occurred_at=turn.occurred_at,
        last_seen_at=turn.occurred_at,
        day=local.date(),
        vector=pack(turn.vector) if turn.vector is not None else None,
        embedder=embedder_label if turn.vector is not None else "",
    )


def insert(scope: Scope, turns: Sequence[Turn], embedder_label: str) -> list[int]:
    """Stores turns of one scope; returns their ids, in order.

    A turn whose external id is known is not stored again (the known id is returned). Words said before by the same
    side become a copy: the first row counts it, and only the first row is indexed.
    Queries: 2, and one more when something was said before.
    """
    entries = [build(turn, embedder_label) for turn in turns]
    by_external, by_content = _known(scope, entries)
    fresh: list[MemoryEntry] = []
    placed: list[MemoryEntry | int] = []
    firsts: dict[bytes, MemoryEntry] = {}
    repeated: dict[int, datetime] = {}
    for entry in entries:
        if entry.external_id is not None and entry.external_id in by_external:
            placed.append(by_external[entry.external_id])
            continue
        digest = bytes(entry.content_hash)
        if digest in by_content:
            entry.duplicate_of_id = by_content[digest]
            repeated[by_content[digest]] = entry.occurred_at
        elif digest in firsts:
            _count_copy(firsts[digest], entry)
        else:
            firsts[digest] = entry
        if entry.external_id is not None:
            by_external[entry.external_id] = entry
        if entry.duplicate_of_id is not None or entry is not firsts.get(digest):
            entry.tokens, entry.vector, entry.embedder = "", None, ""
        fresh.append(entry)
        placed.append(entry)
    _save(fresh, firsts)
    _raise_counters(scope, fresh, repeated)
    return [item if isinstance(item, int) else item.pk for item in placed]


def _known(scope: Scope, entries: Sequence[MemoryEntry]) -> tuple[dict[str, MemoryEntry | int], dict[bytes, int]]:
    by_external: dict[str, MemoryEntry | int] = {}
    by_content: dict[bytes, int] = {}
    for start in range(0, len(entries), _CHUNK):
        part = entries[start : start + _CHUNK]
        wanted = Q(content_hash__in=[e.content_hash for e in part], duplicate_of=None)
        external = [e.external_id for e in part if e.external_id is not None]
        if external:
            wanted |= Q(external_id__in=external)
        rows = of_scope(scope).filter(wanted).order_by()
        for pk, known, digest, copy_of in rows.values_list("id", "external_id", "content_hash", "duplicate_of_id"):
            if known is not None:
                by_external[known] = pk
            if copy_of is None:
                by_content[bytes(digest)] = pk
    return by_external, by_content


def _count_copy(first: MemoryEntry, copy: MemoryEntry) -> None:
    first.duplicates += 1
    first.last_seen_at = max(first.last_seen_at, copy.occurred_at)


def _save(fresh: Sequence[MemoryEntry], firsts: dict[bytes, MemoryEntry]) -> None:
    """Originals before their copies, which need the originals' ids."""
    originals = [e for e in fresh if e.duplicate_of_id is None and firsts.get(bytes(e.content_hash)) is e]
    if len(originals) == len(fresh):
        MemoryEntry.objects.bulk_create(fresh, batch_size=_CHUNK)
        return
    MemoryEntry.objects.bulk_create(originals, batch_size=_CHUNK)
    copies = [e for e in fresh if e.pk is None]
    for copy in copies:
        if copy.duplicate_of_id is None:
            copy.duplicate_of_id = firsts[bytes(copy.content_hash)].pk
    MemoryEntry.objects.bulk_create(copies, batch_size=_CHUNK)


def _raise_counters(scope: Scope, fresh: Iterable[MemoryEntry], repeated: dict[int, datetime]) -> None:
    if not repeated:
        return
    counts: dict[int, int] = {}
    for entry in fresh:
        if entry.duplicate_of_id in repeated:
            counts[entry.duplicate_of_id] = counts.get(entry.duplicate_of_id, 0) + 1
    for pk, count in counts.items():
        of_scope(scope).filter(pk=pk).update(
            duplicates=F("duplicates") + count, last_seen_at=Greatest(F("last_seen_at"), repeated[pk])
        )


_ROW_FIELDS = (
    "id", "external_id", "role", "speaker", "session", "text", "tokens", "occurred_at", "day", "conversation_id",
    "message_id", "duplicates", "stamp", "vector", "embedder", "superseded_by_id",
)  # fmt: skip


def rows(scope: Scope, model: str, *, after: int | None = None, also: Collection[int] = ()) -> list[Row]:
    """The scope's rows in order of time.

    Args:
        model: label of the embedder in use; vectors of another one are left out, they lie in another space.
        after: only rows with a greater id, and those in `also`.
    """
    wanted = of_scope(scope)
    if after is not None:
        wanted = wanted.filter(Q(id__gt=after) | Q(id__in=list(also))) if also else wanted.filter(id__gt=after)
    labels = (model, f"{model}:query") if model else ()
    found = []
    for values in wanted.order_by("occurred_at", "id").values_list(*_ROW_FIELDS).iterator(chunk_size=2000):
        (pk, external, role, speaker, session, text, tokens, at, day, conversation, message, copies, stamp, blob,
         label, superseded) = values  # fmt: skip
        usable = blob is not None and superseded is None and label in labels
        terms = [] if superseded is not None else tokens.split()
        found.append(
            Row(pk, external or "", role, speaker, session, text, terms, at, day, conversation, message,
                copies + 1, stamp, unpack(blob) if usable else None)
        )  # fmt: skip
    return found


def stats(bot_id: int) -> Stats:
    rows = MemoryEntry.objects.for_bot(bot_id)
    totals = rows.aggregate(
        entries=Count("id"),
        people=Count("person", distinct=True),
        duplicates=Count("id", filter=Q(duplicate_of__isnull=False)),
        pinned=Count("id", filter=Q(pinned=True)),
        with_vector=Count("id", filter=~Q(embedder="")),
        waiting=Count("id", filter=Q(embedder="", duplicate_of=None)),
        oldest=Min("occurred_at"),
        newest=Max("occurred_at"),
    )
    labels = rows.exclude(embedder="").order_by().values_list("embedder").annotate(n=Count("id"))
    return Stats(
        entries=totals["entries"],
        people=totals["people"],
        duplicates=totals["duplicates"],
        pinned=totals["pinned"],
        with_vector=totals["with_vector"],
        waiting_for_vector=totals["waiting"],
        by_embedder=dict(labels),
        oldest=totals["oldest"],
        newest=totals["newest"],
    )
