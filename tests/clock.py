"""A clock for tests of windows, pauses and rates."""

from __future__ import annotations


class ManualClock:
    """A clock that stands still until it is told to move.

    Args:
        now: Seconds to start at.
    """

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Moves the clock by `seconds` (negative goes back)."""
        self.now += seconds
