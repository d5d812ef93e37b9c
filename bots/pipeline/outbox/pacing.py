"""Keeps a channel below its platform's sending limits: who is too fast waits before the call, not after a refusal.

Each process has its share of the rate, because all worker processes send. Where an account names an API address of its
own (a local server, a simulator) the platform's limits do not hold and none are kept.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from cachetools import LRUCache
from django.conf import settings

from adapters.accounts import Account
from adapters.base import Adapter

BURST_S = 1.0  # an idle channel may send what it saved up in this time at once

_lock = threading.Lock()
_buckets: LRUCache[tuple[int, str], _Bucket] = LRUCache(10_000)


@dataclass(slots=True)
class _Bucket:
    """Tokens that fill with time; one is taken per message."""

    tokens: float
    at: float

    def fill(self, rate: float, now: float) -> float:
        """Adds what the time since the last look gave; returns the seconds until a message may go."""
        self.tokens = min(_capacity(rate), self.tokens + (now - self.at) * rate)
        self.at = now
        return max(0.0, (1.0 - self.tokens) / rate)


def wait_s(channel_id: int, chat_id: str, adapter: Adapter[Account]) -> float:
    """Seconds this message should wait, by the rates of the channel and of the chat; 0 when it may go now."""
    if adapter.account.elsewhere:
        return 0.0
    senders = max(1, settings.CLAWDBOT.worker.processes)
    now = time.monotonic()
    # A chat's messages leave one after another, whichever process sends them: its rate needs no sharing.
    rates = ((chat_id, adapter.chat_sends_per_s), ("", _share(adapter.sends_per_s, senders)))
    with _lock:
        buckets = [
            (_buckets.setdefault((channel_id, key), _Bucket(_capacity(rate), now)), rate) for key, rate in rates if rate
        ]
        wait = max((bucket.fill(rate, now) for bucket, rate in buckets), default=0.0)
        if not wait:  # whoever has to wait for one bucket takes nothing from the other
            for bucket, _rate in buckets:
                bucket.tokens -= 1.0
    return wait


def _capacity(rate: float) -> float:
    return max(1.0, rate * BURST_S)


def _share(rate: float | None, senders: int) -> float | None:
    return rate / senders if rate else None


def clear_cache() -> None:
    """Fills every bucket."""
    with _lock:
        _buckets.clear()
