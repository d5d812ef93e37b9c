"""Back-off of both queues."""

from __future__ import annotations

import random

BASE_S = 1.0
CEILING_S = 300.0


def delay_s(attempts: int, retry_after: float | None = None) -> float:
    """Seconds until the next try after `attempts` failed ones: exponential with full jitter above one half.

    A platform's own `retry_after` (seconds) is a floor: it is never undercut, and jitter keeps the crowd apart.
    """
    exponential = min(CEILING_S, BASE_S * 2.0 ** max(0, attempts - 1))
    jittered = exponential * random.uniform(0.5, 1.0)  # noqa: S311  not for secrecy
    if retry_after is None:
        return jittered
    return max(0.0, retry_after) + random.uniform(0.0, 0.25)  # noqa: S311
