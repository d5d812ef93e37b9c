"""Keeps a channel below its platform's sending limits: who is too fast waits before the call, not after a refusal.

Each process has its share of the rate, because all worker processes send. Where an account names an API address of its
own (a local server, a simulator) the platform's limits do not hold and none are kept.
"""

from __future__ import annotations

from django.conf import settings

from adapters.accounts import Account
from adapters.base import Adapter
from clawdbot.token_bucket import Rate, TokenBuckets

BURST_S = 1.0  # an idle channel may send what it saved up in this time at once

_buckets: TokenBuckets[tuple[int, str]] = TokenBuckets()


def wait_s(channel_id: int, chat_id: str, adapter: Adapter[Account]) -> float:
    """Seconds this message should wait, by the rates of the channel and of the chat; 0 when it may go now."""
    if adapter.account.elsewhere:
        return 0.0
    senders = max(1, settings.CLAWDBOT.worker.processes)
    # A chat's messages leave one after another, whichever process sends them: its rate needs no sharing.
    limits = ((chat_id, adapter.chat_sends_per_s), ("", _share(adapter.sends_per_s, senders)))
    # Whoever has to wait for one bucket takes nothing from the other.
    return _buckets.take({(channel_id, key): _rate(per_s) for key, per_s in limits if per_s})


def _rate(per_s: float) -> Rate:
    return Rate(burst=max(1.0, per_s * BURST_S), per_second=per_s)


def _share(rate: float | None, senders: int) -> float | None:
    return rate / senders if rate else None


def clear_cache() -> None:
    """Fills every bucket."""
    _buckets.clear_cache()
