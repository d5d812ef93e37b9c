"""Injectable clocks, so that windows, leases and back-off can be tested without waiting."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns seconds as a float: since the Unix epoch (`system_clock`), or of no fixed origin (`monotonic_clock`)."""


def system_clock() -> float:
    """Returns the wall-clock time in seconds since the Unix epoch."""
    return time.time()


def monotonic_clock() -> float:
    """Returns seconds that never go back when the wall clock is set; for intervals within one process."""
    return time.monotonic()


def within_window(moment: float, now: float, window_s: float) -> bool:
    """Returns whether `moment` is at most `window_s` seconds before or after `now`; False for NaN."""
    return abs(now - moment) <= window_s
