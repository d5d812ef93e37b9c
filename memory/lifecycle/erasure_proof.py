"""Proves an erasure: searches for the erased memories again by rows, words and vectors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q

from memory.embedders import current
from memory.errors import EmbedderUnavailable
from memory.models import MemoryEntry, MemoryEntryQuerySet
from memory.storage import port
from memory.storage.rows import of_scope, unpack
from memory.store import MemoryStore
from memory.types import Scope, Vector

SAMPLES = 20
_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Traces:
    """What to search for after an erasure. Never stored, because it contains erased data.

    Attributes:
        scope: whose memory.
        ids: the erased entries with their copies; None: all entries of the scope up to `last_id`.
        last_id: greatest id of the erased entries.
        texts: up to `SAMPLES` of their texts, spread evenly.
        vectors: likewise, of their vectors.
    """

    scope: Scope
    ids: frozenset[int] | None
    last_id: int
    texts: tuple[str, ...]
    vectors: tuple[Vector, ...]

    def holds(self, entry_id: int) -> bool:
        """Tells whether this entry was to be erased. Later entries have higher ids."""
        return entry_id <= self.last_id if self.ids is None else entry_id in self.ids

    def condition(self, name: str) -> Q:
        """Returns the same check as a condition on a column of entry ids."""
        return Q(**{f"{name}__lte": self.last_id}) if self.ids is None else Q(**{f"{name}__in": self.ids})


def traces(scope: Scope, ids: Collection[int] | None = None) -> Traces:
    """Collects traces of a person's memories (all, or these) before their erasure, in the same transaction."""
    rows = of_scope(scope)
    if ids is not None:
        rows = rows.filter(Q(pk__in=list(ids)) | Q(duplicate_of__in=list(ids)))
    found = frozenset(rows.values_list("pk", flat=True)) if ids is not None else None
    last = rows.aggregate(last=Max("pk"))["last"] or 0
    texts = [text[:1000] for text in _spread(rows, "text")]
    vectors = [unpack(blob) for blob in _spread(_comparable(rows), "vector")]
    return Traces(scope, found, last, tuple(texts), tuple(vectors))


def search_again(gone: Traces) -> dict[str, Any]:
    """Searches for the erased memories; returns JSON in which every `found` and every count must be 0."""
    store = MemoryStore(gone.scope.bot_id)
    rows = MemoryEntry.objects.for_person(gone.scope.bot_id, gone.scope.person_id)
    words = vectors = 0
    for text in gone.texts:
        seen = store.recall(gone.scope, text, k=_DEPTH, history=True, derived=_DEPTH, semantic=False)
        words += sum(gone.holds(hit.id) for hit in (*seen.hits, *seen.derived))
    for vector in gone.vectors:
        vectors += sum(gone.holds(entry) for entry, _cosine in store.vector_index.search(gone.scope, vector, _DEPTH))
    recent = store.get_recent_memory(gone.scope.person_id)
    return {
        "rows": rows.filter(gone.condition("pk")).count(),
        "sources": port.store().count_links(gone.scope, gone.ids, gone.last_id),
        "by_words": {"asked": len(gone.texts), "found": words},
        "by_meaning": {"asked": len(gone.vectors), "found": vectors},
        "recent_turns": sum(gone.holds(turn.id) for turn in recent),
    }


def is_proved(found: dict[str, Any]) -> bool:
    """Tells whether the search found nothing."""
    return not any(item["found"] if isinstance(item, dict) else item for item in found.values())


def _comparable(rows: MemoryEntryQuerySet) -> MemoryEntryQuerySet:
    """Selects rows with a vector of the current embedder; other vectors are not comparable."""
    try:
        label = current.passage_label(current.current()) if current.enabled() else ""
    except EmbedderUnavailable:
        label = ""
    return rows.filter(embedder__in=(label, f"{label}:query")).exclude(vector=None) if label else rows.none()


def _spread(rows: MemoryEntryQuerySet, column: str) -> list[Any]:
    """Returns up to `SAMPLES` values of a column, evenly spread over the rows, oldest first."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    step = max(1, -(-len(ids) // SAMPLES))
    return list(rows.filter(pk__in=ids[::step]).order_by("pk").values_list(column, flat=True))
