"""Caches scope indexes between recalls; bounded in bytes and checked against the rows at every use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from memory.ranking.scan_index import ScopeIndex
from memory.storage import rows
from memory.storage.port import State
from memory.types import Scope

MAX_BYTES = 128 * 1024 * 1024
_MAX_WAITING = 200


@dataclass(slots=True)
class _Held:
    index: ScopeIndex
    model: str
    state: State = rows.EMPTY
    nbytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class ScopeCache:
    """LRU cache of scope indexes. Thread-safe; one thread at a time uses the index of a scope."""

    def __init__(self, max_bytes: int = MAX_BYTES, *, derived: bool = False) -> None:
        """derived: index facts and summaries instead of turns."""
        self._max_bytes = max_bytes
        self._derived = derived
        self._held: OrderedDict[Scope, _Held] = OrderedDict()
        self._lock = threading.Lock()
        self._bytes = 0

    @contextmanager
    def use(self, scope: Scope, model: str, dimension: int, now: State | None = None) -> Iterator[ScopeIndex]:
        """Locks the scope's index for this thread and brings it up to date.

        Queries: 1 when nothing changed, 2 after new rows or vectors, 3 after a deletion or an edit.

        Args:
            scope: whose memory.
            model: label of the current embedder.
            dimension: length of its vectors.
            now: the scope's state, if known; saves a query.
        """
        with self._lock:
            held = self._held.get(scope)
            if held is None or held.model != model:
                held = self._held[scope] = _Held(ScopeIndex(dimension), model)
            self._held.move_to_end(scope)
        with held.lock:
            self._refresh(scope, held, dimension, now or rows.state(scope, derived=self._derived))
            yield held.index
        self._account(scope, held)

    def drop(self, scope: Scope) -> None:
        with self._lock:
            gone = self._held.pop(scope, None)
            self._bytes -= gone.nbytes if gone else 0

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self._bytes = 0

    def _refresh(self, scope: Scope, held: _Held, dimension: int, now: State) -> None:
        if now == held.state:
            return
        if not (len(held.index) and self._catch_up(scope, held, now)):
            held.index = ScopeIndex(dimension)
            held.index.add(rows.rows(scope, held.model, derived=self._derived))
            held.index.postings.merge()
            # The state of the rows just read, which may be newer than `now`.
            held.state = (len(held.index), held.index.stamp_sum)

    def _catch_up(self, scope: Scope, held: _Held, now: State) -> bool:
        """Fetches new rows; False when they do not explain the new state, so that all rows must be read again."""
        index = held.index
        waiting = index.waiting() if held.model else []
        if now[0] < len(index) or len(waiting) > _MAX_WAITING:
            return False
        fetched = rows.rows(scope, held.model, after=index.max_id, embedded=waiting, derived=self._derived)
        for row in fetched:
            if row.id in index.position:
                index.replace(row)
        if not index.add(row for row in fetched if row.id not in index.position):
            return False
        held.state = (len(index), index.stamp_sum)
        return held.state == now

    def _account(self, scope: Scope, held: _Held) -> None:
        with self._lock:
            if self._held.get(scope) is held:
                size = held.index.nbytes
                self._bytes += size - held.nbytes
                held.nbytes = size
            while self._bytes > self._max_bytes and len(self._held) > 1:
                _, gone = self._held.popitem(last=False)
                self._bytes -= gone.nbytes
