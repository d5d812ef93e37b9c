"""Computes when to retry: exponential back-off with jitter, for queues, connections and calls."""

from __future__ import annotations

import random
from dataclasses import dataclass

from clawdbot.errors import ClawdbotError

SPREAD_S = 0.25


@dataclass(frozen=True, slots=True)
class Backoff:
    """A retry policy.

    Attributes:
        tries: Total number of tries, including the first one; None for no limit.
        first_s: Longest delay after the first failure, in seconds. It doubles with each further failure.
        longest_s: Upper limit of the delay, in seconds.
        jitter: Random share of the delay, 0 to 1, so that callers that failed together do not retry together.
    """

    tries: int | None = None
    first_s: float = 1.0
    longest_s: float = 300.0
    jitter: float = 0.5

    def delay_s(self, failures: int, retry_after: float | None = None) -> float:
        """Returns the seconds until the next try.

        Args:
            failures: Number of failed tries so far, at least 1.
            retry_after: Seconds that the other side asked to wait. They replace the exponential delay; a jitter of at
                most `SPREAD_S` is added.
        """
        if retry_after is not None:
            return max(0.0, retry_after) + random.uniform(0.0, SPREAD_S)  # noqa: S311  not for secrecy
        # The exponent is bounded, because 2.0 ** 1024 raises OverflowError.
        wait_s = min(self.longest_s, self.first_s * 2.0 ** min(max(0, failures - 1), 64))
        return wait_s * random.uniform(1.0 - self.jitter, 1.0)  # noqa: S311

    def next_delay_s(self, failures: int, error: ClawdbotError) -> float | None:
        """Returns the seconds until the next try; None when the error is permanent or no try is left."""
        if error.permanent or (self.tries is not None and failures >= self.tries):
            return None
        return self.delay_s(failures, error.retry_after)
