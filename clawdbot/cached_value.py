"""Caches a value that is read from outside, such as the rows of a table, for a short time."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from clawdbot.clock import Clock, monotonic_clock

Value = TypeVar("Value")

_all: weakref.WeakSet[CachedValue[Any]] = weakref.WeakSet()


class CachedValue(Generic[Value]):
    """Reads a value at most once in a while, so that a change takes effect in every process without a message.

    Thread-safe: while one thread reads, others that need a new value wait for it. A read that fails is not cached.

    Args:
        read: Reads the value; may raise.
        max_age_s: Seconds after which the value is read again. Counted from the start of the read, so that the value is
            never older.
        clock: Monotonic seconds.
    """

    def __init__(self, read: Callable[[], Value], max_age_s: float, clock: Clock = monotonic_clock) -> None:
        self.max_age_s = max_age_s
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._held: tuple[float, Value] | None = None
        _all.add(self)

    def get(self) -> Value:
        """Returns the value; raises what the read raises."""
        held = self._held
        if self._is_old(held):
            with self._lock:
                held = self._held
                if self._is_old(held):
                    held = self._held = (self._clock(), self._read())
        assert held is not None  # noqa: S101 (a missing value is old)
        return held[1]

    def clear(self) -> None:
        """Makes the next call read the value again."""
        self._held = None

    def _is_old(self, held: tuple[float, Value] | None) -> bool:
        return held is None or self._clock() - held[0] > self.max_age_s


def clear_cache() -> None:
    """Clears every cached value of this process."""
    for value in list(_all):
        value.clear()
