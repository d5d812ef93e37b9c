"""How many turns of this process compute at a time.

Many threads wait for models and platforms, which costs nothing. When they all compute at once they only fight for the
interpreter lock: the same turn then took a third more CPU. So a turn holds one of few slots while it computes, and
lends it out while it waits for the network.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

SLOTS = 2  # one more than can run, so that there is work while the other waits for the disk

_free = threading.BoundedSemaphore(SLOTS)
_held = threading.local()


@contextmanager
def computing() -> Iterator[None]:
    """Holds a slot for the length of the block; inside another `computing` block of the same thread it is free."""
    if getattr(_held, "slot", False):
        yield
        return
    with _free:
        _held.slot = True
        try:
            yield
        finally:
            _held.slot = False


@contextmanager
def waiting() -> Iterator[None]:
    """Lends the slot out while this thread waits for the network. Without a slot it does nothing."""
    if not getattr(_held, "slot", False):
        yield
        return
    _held.slot = False
    _free.release()
    try:
        yield
    finally:
        _free.acquire()
        _held.slot = True
