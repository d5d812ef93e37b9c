"""Time as a value that is passed in, so that windows, leases and back-off can be tested without waiting."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns seconds as a float: since the Unix epoch (`system_clock`), or of no fixed origin (`monotonic_clock`)."""


def system_clock() -> float:
    """The machine's wall clock in seconds since the Unix epoch."""
    return time.time()


def monotonic_clock() -> float:
    """Seconds that never go back, whatever happens to the wall clock: for intervals within one process."""
    return time.monotonic()


def within_window(moment: float, now: float, window_s: float) -> bool:
    """True when `moment` lies at most `window_s` seconds before or after `now`; NaN is never inside."""
    return abs(now - moment) <= window_s
