"""When to try again: exponential back-off with jitter, for queues, connections and calls alike."""

from __future__ import annotations

import random
from dataclasses import dataclass

from clawdbot.errors import ClawdbotError

SPREAD_S = 0.25


@dataclass(frozen=True, slots=True)
class Backoff:
    """A retry policy.

    Attributes:
        tries: Tries in all, the first one included; None for no end.
        first_s: Longest wait after the first failure, in seconds. It doubles with each further failure.
        longest_s: Where the doubling ends, in seconds.
        jitter: Share of a wait that is left to chance, 0 to 1, so that those who failed together come back apart.
    """

    tries: int | None = None
    first_s: float = 1.0
    longest_s: float = 300.0
    jitter: float = 0.5

    def delay_s(self, failures: int, retry_after: float | None = None) -> float:
        """Seconds until the next try.

        Args:
            failures: Tries that failed so far, at least 1.
            retry_after: Seconds the other side asked to wait. They take the place of the exponential wait and are
                never undercut; jitter of at most `SPREAD_S` comes on top.
        """
        if retry_after is not None:
            return max(0.0, retry_after) + random.uniform(0.0, SPREAD_S)  # noqa: S311  not for secrecy
        # The exponent is bounded: 2.0 ** 1024 raises, and no queue counts that far in earnest.
        wait_s = min(self.longest_s, self.first_s * 2.0 ** min(max(0, failures - 1), 64))
        return wait_s * random.uniform(1.0 - self.jitter, 1.0)  # noqa: S311

    def next_delay_s(self, failures: int, error: ClawdbotError) -> float | None:
        """Seconds until the next try after this error; None when it is permanent or was the last try."""
        if error.permanent or (self.tries is not None and failures >= self.tries):
            return None
        return self.delay_s(failures, error.retry_after)
