"""Tells recall whether a scope is large, and fetches the candidate rows of large scopes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from django.db.models.signals import post_delete

from memory import database
from memory.indexes import build, candidates, lexical, registry, vector
from memory.indexes.registry import Large, Registry
from memory.indexes.vector import Found, Space
from memory.models.indexes import LargeScope
from memory.ranking.query import Question
from memory.ranking.scan_index import ScopeIndex
from memory.storage import wakeups
from memory.storage.port import State
from memory.storage.rows import rows_by_id, state
from memory.text.query_hints import Cues
from memory.types import Scope, Vector

_registry = Registry()


def known(scope: Scope) -> tuple[Large | None, State | None]:
    """Returns the indexes of a large scope and None, or None and the state of the scope to scan.

    The state is None when a large scope must be scanned: it has no index yet (then its build is enqueued), or the
    database has no lexical index.
    Queries: 1 for a small scope, 1 to 3 for a large one.
    """
    if _registry.knows(scope) and (large := _registry.get(scope)):
        return large, None
    present = state(scope, limit=registry.LARGE_FROM)
    if not registry.large_enough(present[0]):
        return None, present
    if lexical.backend() is None:
        return None, None
    large = _registry.get(scope)
    if large is None:
        wakeups.index_soon(scope.bot_id, scope.person_id)
    return large, None


def candidates_of(scope: Scope, large: Large, question: Question, cues: Cues) -> tuple[ScopeIndex, bool]:
    """Returns the rows of a large scope that may answer a question; see `memory.indexes.candidates.gather`.

    The second value is True when there is no usable vector index, so that only words were searched; then the build is
    enqueued.
    """
    words = lexical.backend()
    assert words is not None  # noqa: S101  # `known` returns no large scope without one
    space = Space.of(*question.space)
    vectors = vector.backend().open(scope, large.id, space) if question.label and space.labels else None
    missing = vectors is None and bool(question.label)
    if missing:
        wakeups.index_soon(scope.bot_id, scope.person_id)
    return candidates.gather(scope, large, words, vectors, question, cues), missing


def nearest(scope: Scope, asked: Vector, k: int) -> Found | None:
    """Returns (entry id, exact cosine) of the nearest rows of a large scope; None: the caller must scan it."""
    space = build.space()
    large, _ = known(scope)
    opened = vector.backend().open(scope, large.id, space) if large and space.labels else None
    if opened is None:
        return None
    ids = [pk for pk, _ in opened.search(asked, 3 * k)]
    rows = [row for row in rows_by_id(scope, space.labels[0], ids) if row.vector]
    cosines = [float(np.frombuffer(row.vector or b"", "<f2").astype(np.float32) @ asked) for row in rows]
    pairs = [(row.id, cosine) for row, cosine in zip(rows, cosines, strict=True)]
    return sorted(pairs, key=lambda pair: -pair[1])[:k]


def drop(scope: Scope) -> None:
    """Drops the cached registry entry of a scope."""
    _registry.drop(scope)


def clear_cache() -> None:
    _registry.clear()


def connect() -> None:
    """Connects the signal that deletes the index file after a `LargeScope` row is deleted and committed."""
    post_delete.connect(_gone, sender=LargeScope, dispatch_uid="memory.indexes.large")


def _gone(instance: LargeScope, **_: Any) -> None:
    scope = Scope(instance.bot_id, instance.person_id)
    drop(scope)
    database.on_commit(partial(vector.backend().drop, scope))
