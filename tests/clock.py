"""A manual clock for tests of windows, pauses and rates."""

from __future__ import annotations


class ManualClock:
    """A clock that moves only by `advance`.

    Args:
        now: Start in seconds.
    """

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Moves the clock by `seconds` (negative goes back)."""
        self.now += seconds
