"""Names chats for wake-ups, and knows the rows that this process has just closed: their wake-ups need no statement.

A worker takes one row of a chat after the other. Each of these rows also has a wake-up of its own, which would try to
claim the row in vain.
"""

from __future__ import annotations

import threading
import zlib

from cachetools import TTLCache

# A row that somebody opens again within that time is taken by a sweep after it.
CLOSED_S = 30.0

_lock = threading.Lock()
_closed: TTLCache[int, bool] = TTLCache(10_000, CLOSED_S)


def sign(queue_key: str) -> str:
    """Returns a short name of a chat. Two chats may share it: then their turns wait for each other."""
    return f"{zlib.crc32(queue_key.encode('utf-8', 'surrogatepass')):08x}"


def note_closed(row_id: int) -> None:
    """Notes that this process has closed the row."""
    with _lock:
        _closed[row_id] = True


def is_closed(row_id: int) -> bool:
    """Returns whether this process has just closed the row."""
    with _lock:
        return row_id in _closed


def clear_cache() -> None:
    """Forgets the rows."""
    with _lock:
        _closed.clear()
