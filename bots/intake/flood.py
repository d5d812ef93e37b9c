"""The flood guard: a limit per channel in this process, so that one noisy channel cannot starve the others.

Only verified requests take from it: a stranger without the secret cannot use up what belongs to the platform. With
several web processes each has its own buckets, so the limit of a channel is a limit per process.
"""

from __future__ import annotations

from clawdbot.token_bucket import Rate, TokenBuckets

_buckets: TokenBuckets[int] = TokenBuckets()


def take(channel_id: int, events: int, per_minute: int) -> float:
    """Takes the events of one request from a channel's allowance.

    Args:
        channel_id: Primary key of the channel.
        events: Events in the request.
        per_minute: The channel's allowance; 0 means no limit.

    Returns:
        0.0 when they fit (a batch larger than the allowance fits a full bucket), else seconds until they will.
    """
    if per_minute <= 0 or events <= 0:
        return 0.0
    return _buckets.take({channel_id: Rate(per_minute, per_minute / 60)}, events)


def clear_cache() -> None:
    """Gives every channel its whole allowance."""
    _buckets.clear_cache()
