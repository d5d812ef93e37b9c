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

    def wait_s(self, rate: float, now: float) -> float:
        """Seconds until a message may go; 0 takes a token."""
        capacity = max(1.0, rate * BURST_S)
        self.tokens = min(capacity, self.tokens + (now - self.at) * rate)
        self.at = now
        if self.tokens >= 1.0:
            self.tokens -= 1.0
            return 0.0
        return (1.0 - self.tokens) / rate


def wait_s(channel_id: int, chat_id: str, adapter: Adapter[Account]) -> float:
    """Seconds this message should wait, by the rates of the channel and of the chat; 0 when it may go now."""
    if adapter.account.elsewhere:
        return 0.0
    senders = max(1, settings.CLAWDBOT.worker.processes)
    now = time.monotonic()
    with _lock:
        # A chat's messages leave one after another, whichever process sends them: its rate needs no sharing.
        for key, rate in ((chat_id, adapter.chat_sends_per_s), ("", _share(adapter.sends_per_s, senders))):
            if not rate:
                continue
            bucket = _buckets.setdefault((channel_id, key), _Bucket(max(1.0, rate * BURST_S), now))
            if wait := bucket.wait_s(rate, now):
                return wait
    return 0.0


def _share(rate: float | None, senders: int) -> float | None:
    return rate / senders if rate else None


def forget() -> None:
    """Fills every bucket."""
    with _lock:
        _buckets.clear()
