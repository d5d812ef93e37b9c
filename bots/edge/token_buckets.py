"""Limits of the web chat's socket: token buckets per visitor and per address, held by this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class TokenBuckets:
    """One bucket per key. A full bucket takes a burst of `burst`, then `per_second` a second.

    Only the latest `size` keys are remembered; a forgotten key starts with a full bucket, so memory stays bounded
    whoever calls.
    """

    def __init__(
        self, burst: float, per_second: float, *, size: int = 20_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._size = size
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Takes one token. Returns 0.0 when it was there, else the seconds until the next one."""
        now = self._clock()
        with self._lock:
            level, then = self._levels.pop(key, (self._burst, now))
            level = min(self._burst, level + (now - then) * self._per_second)
            wait = 0.0 if level >= 1 else (1 - level) / self._per_second
            self._levels[key] = (level if wait else level - 1, now)
            if len(self._levels) > self._size:
                self._levels.popitem(last=False)
        return wait
