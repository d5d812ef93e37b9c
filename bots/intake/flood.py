"""The flood guard: a token bucket per channel in this process, so that one noisy channel cannot starve the others.

Only verified requests take from the bucket: a stranger without the secret cannot use up what belongs to the platform.
With several web processes each has its own buckets, so the limit of a channel is a limit per process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class FloodGuard:
    """Token buckets that hold one minute's allowance and refill evenly.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: LRUCache[int, _Bucket] = LRUCache(maxsize=10_000)
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Fills every bucket."""
        with self._lock:
            self._buckets.clear()

    def take(self, channel_id: int, cost: int, per_minute: int) -> float:
        """Takes `cost` events from a channel's bucket.

        Args:
            channel_id: Primary key of the channel.
            cost: Events in the request.
            per_minute: The channel's allowance; 0 means no limit.

        Returns:
            0.0 when they fit (a batch larger than the allowance fits a full bucket), else seconds until they will.
        """
        if per_minute <= 0 or cost <= 0:
            return 0.0
        now, rate = self._clock(), per_minute / 60
        needed = float(min(cost, per_minute))
        with self._lock:
            bucket = self._buckets.get(channel_id)
            if bucket is None:
                bucket = self._buckets[channel_id] = _Bucket(float(per_minute), now)
            bucket.tokens = min(float(per_minute), bucket.tokens + (now - bucket.at) * rate)
            bucket.at = now
            if bucket.tokens < needed:
                return (needed - bucket.tokens) / rate
            bucket.tokens -= needed
            return 0.0


guard = FloodGuard()
