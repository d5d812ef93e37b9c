"""Rate limits of the web chat's socket, per visitor and per network address, local to this process."""

from __future__ import annotations

from django.conf import settings

from clawdbot.token_bucket import Rate, TokenBuckets

_SIZE = 20_000
_visitors: TokenBuckets[str] = TokenBuckets(size=_SIZE)
_addresses: TokenBuckets[str] = TokenBuckets(size=_SIZE)


def message_wait_s(visitor_id: str, address: str) -> float:
    """Counts one message; returns 0.0 when it is allowed, else the seconds until one is.

    Args:
        visitor_id: The visitor who sent the message.
        address: The visitor's network address; "" when it is unknown, which has no limit.
    """
    chosen = settings.CLAWDBOT.web_chat
    wait_s = _visitors.take({visitor_id: Rate(chosen.visitor_burst, chosen.visitor_per_second)})
    return wait_s or _address_wait_s(address, address)


def open_wait_s(address: str) -> float:
    """Counts one socket opened from this address; returns 0.0 when it is allowed, else the seconds until one is."""
    return _address_wait_s(address, f"open {address}")


def _address_wait_s(address: str, key: str) -> float:
    chosen = settings.CLAWDBOT.web_chat
    if not address:
        return 0.0
    return _addresses.take({key: Rate(chosen.address_burst, chosen.address_per_second)})


def clear_cache() -> None:
    """Fills every bucket."""
    _visitors.clear_cache()
    _addresses.clear_cache()
