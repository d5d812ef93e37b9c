"""Keeps a channel below its platform's rate limits: a message waits before the call, not after a refusal.

All worker processes send, so each has an equal share of the rate. Accounts with an API address of their own (a local
server, a simulator) are not limited, because the platform's limits do not apply there.
"""

from __future__ import annotations

from django.conf import settings

from adapters.accounts import Account
from adapters.base import Adapter
from clawdbot.token_bucket import Rate, TokenBuckets

BURST_S = 1.0  # an idle channel may send as much at once as it saved up in this time

_buckets: TokenBuckets[tuple[int, str]] = TokenBuckets()


def wait_s(channel_id: int, chat_id: str, adapter: Adapter[Account]) -> float:
    """Returns the seconds this message must wait, by the rates of channel and chat; 0 when it may be sent now."""
    if adapter.account.elsewhere:
        return 0.0
    senders = max(1, settings.CLAWDBOT.worker.processes)
    # Only one process sends to a chat at a time, so the rate of a chat is not shared.
    limits = ((chat_id, adapter.chat_sends_per_s), ("", _share(adapter.sends_per_s, senders)))
    # A message that waits for one bucket takes nothing from the other.
    return _buckets.take({(channel_id, key): _rate(per_s) for key, per_s in limits if per_s})


def _rate(per_s: float) -> Rate:
    return Rate(burst=max(1.0, per_s * BURST_S), per_second=per_s)


def _share(rate: float | None, senders: int) -> float | None:
    return rate / senders if rate else None


def clear_cache() -> None:
    """Refills every bucket."""
    _buckets.clear_cache()
