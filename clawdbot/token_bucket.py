"""Token buckets in the memory of this process: they allow a burst, then a steady rate."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from cachetools import LRUCache

from clawdbot.clock import Clock, monotonic_clock

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Rate:
    """Rate limit of a bucket.

    Attributes:
        burst: Tokens in a full bucket; at least 1, else nothing ever passes.
        per_second: Tokens added per second; above 0.
    """

    burst: float
    per_second: float


@dataclass(slots=True)
class _Bucket:
    level: float
    filled_at: float

    def fill(self, rate: Rate, now: float) -> None:
        self.level = min(rate.burst, self.level + (now - self.filled_at) * rate.per_second)
        self.filled_at = now


class TokenBuckets(Generic[Key]):
    """Holds one bucket per key, initially full. Thread-safe.

    Args:
        size: Largest number of keys, which bounds memory. The least recently used key is evicted first and starts with
            a full bucket again.
        clock: Monotonic seconds.
    """

    def __init__(self, *, size: int = 10_000, clock: Clock = monotonic_clock) -> None:
        self._clock = clock
        self._buckets: LRUCache[Key, _Bucket] = LRUCache(size)
        self._lock = threading.Lock()

    def take(self, rates: Mapping[Key, Rate], cost: float = 1.0) -> float:
        """Takes `cost` tokens from each of these buckets, or from none.

        Args:
            rates: The buckets by key, with their current rates; a changed rate applies from this call on.
            cost: Tokens to take from each. A cost above a bucket's burst passes when that bucket is full.

        Returns:
            0.0 when the tokens were taken, else the seconds until enough tokens are available.
        """
        now = self._clock()
        with self._lock:
            wanted = []
            for key, rate in rates.items():
                bucket = self._buckets.get(key)
                if bucket is None:
                    bucket = self._buckets[key] = _Bucket(rate.burst, now)
                bucket.fill(rate, now)
                wanted.append((bucket, min(cost, rate.burst), rate.per_second))
            wait_s = max(((needed - bucket.level) / per_s for bucket, needed, per_s in wanted), default=0.0)
            if wait_s > 0:
                return wait_s
            for bucket, needed, _per_s in wanted:
                bucket.level -= needed
            return 0.0

    def clear_cache(self) -> None:
        """Fills every bucket."""
        with self._lock:
            self._buckets.clear()
