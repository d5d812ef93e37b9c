"""Bounds how many turns of a process compute at once, apart from those that wait for a model or another server.

One process runs one thread of Python at a time. Eight threads that all have work only switch between each other, which
costs a quarter of the throughput. Threads that wait for an answer cost nothing, so they do not count.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

AT_ONCE = 2
# Nobody waits longer for others: one of them may hold its place with the work of a whole minute.
LONGEST_WAIT_S = 0.25

_places = threading.BoundedSemaphore(AT_ONCE)
_thread = threading.local()


@contextlib.contextmanager
def computing() -> Iterator[None]:
    """Counts this thread inside the block. Waits for a place first, `LONGEST_WAIT_S` at most."""
    if getattr(_thread, "inside", False):
        yield
        return
    _thread.inside = True
    try:
        with _place():
            yield
    finally:
        _thread.inside = False


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Frees the place of this thread inside the block, for a call to another server. Does nothing without a place."""
    places = getattr(_thread, "place", None)
    if places is None:
        yield
        return
    places.release()
    _thread.place = None
    try:
        yield
    finally:
        _take()


@contextlib.contextmanager
def _place() -> Iterator[None]:
    _take()
    try:
        yield
    finally:
        if (places := _thread.place) is not None:
            _thread.place = None
            places.release()


def _take() -> None:
    places = _places
    _thread.place = places if places.acquire(timeout=LONGEST_WAIT_S) else None


def _afresh() -> None:
    global _places
    _places = threading.BoundedSemaphore(AT_ONCE)
    _thread.place = None


# Threads that held a place at a fork do not exist in the child.
os.register_at_fork(after_in_child=_afresh)
