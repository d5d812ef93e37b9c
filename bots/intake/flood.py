"""Limits the events per channel, so that one busy channel cannot starve the others.

Only verified requests count, so that a sender without the secret cannot use up the platform's allowance. The token
buckets are local to the process: with several web processes the limit holds per process.
"""

from __future__ import annotations

from clawdbot.token_bucket import Rate, TokenBuckets

_buckets: TokenBuckets[int] = TokenBuckets()


def take(channel_id: int, events: int, per_minute: int) -> float:
    """Takes the events of one request from the channel's token bucket.

    Args:
        channel_id: Primary key of the channel.
        events: Number of events in the request.
        per_minute: Events per minute that the channel accepts; 0 means no limit.

    Returns:
        0.0 when they fit, else the seconds until they will. A batch larger than the bucket fits a full bucket.
    """
    if per_minute <= 0 or events <= 0:
        return 0.0
    return _buckets.take({channel_id: Rate(per_minute, per_minute / 60)}, events)


def clear_cache() -> None:
    """Fills every bucket."""
    _buckets.clear_cache()
