"""Lists the rows that this process works on.

A claim of this process whose row is not in the list belongs to nobody: the work ended, and the row could not be
released, because the database was away. The heartbeat releases such claims
(`bots.operations.queues.release_abandoned`).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bots.models.queue import QueueRow

_Key = tuple[type[QueueRow], int]

_lock = threading.Lock()
_held: Counter[_Key] = Counter()
_thread = threading.local()


@contextmanager
def working() -> Iterator[None]:
    """Keeps each row that this thread takes in the list until `leave`, or until the outermost block ends."""
    if getattr(_thread, "taken", None) is not None:
        yield
        return
    _thread.taken = []
    try:
        yield
    finally:
        taken, _thread.taken = _thread.taken, None
        with _lock:
            for key in taken:
                _subtract(key)


def take(model: type[QueueRow], row_id: int) -> None:
    """Adds a row to the list. Call it before the claim is committed, so that no claim is ever missing in the list."""
    taken = getattr(_thread, "taken", None)
    if taken is None:
        return
    with _lock:
        _held[(model, row_id)] += 1
    taken.append((model, row_id))


def leave(model: type[QueueRow], row_id: int) -> None:
    """Takes a row off the list when this thread has given it back or closed it and goes on with others."""
    taken = getattr(_thread, "taken", None)
    if taken is None or (model, row_id) not in taken:
        return
    taken.remove((model, row_id))
    with _lock:
        _subtract((model, row_id))


def _subtract(key: _Key) -> None:
    _held[key] -= 1
    if _held[key] <= 0:
        del _held[key]


def is_held(model: type[QueueRow], row_id: int) -> bool:
    """Returns whether a thread of this process works on the row."""
    with _lock:
        return (model, row_id) in _held


def clear_cache() -> None:
    """Empties the list."""
    with _lock:
        _held.clear()
    _thread.taken = None
