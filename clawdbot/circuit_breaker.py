"""Circuit breakers in the memory of this process: they refuse calls to a failing service for a pause.

A circuit is closed while calls succeed. It opens after some failures and refuses callers until its pause is over.
Then it is half open: it admits one caller and refuses the others for another pause. A success closes it.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from clawdbot.clock import Clock, monotonic_clock
from clawdbot.reasons import Why

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is refused now.

    Attributes:
        wait_s: Seconds until the circuit is half open; above 0.
        reason: Reason of the latest failure.
    """

    wait_s: float
    reason: Why


@dataclass(slots=True)
class _Circuit:
    pause_s: float
    failures: int = 0
    reason: Why = ""
    open_until: float | None = None


class CircuitBreaker(Generic[Key]):
    """Holds one circuit per key, initially closed. Thread-safe.

    Args:
        failures_to_open: Number of consecutive failures that open a circuit.
        pause_s: Seconds that a circuit stays open the first time; they double each time it opens again.
        longest_pause_s: Upper limit in seconds, for the doubling and for `retry_after`.
        longest_passing_s: Upper limit of the doubling after failures that are not permanent; default: the same.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        pause_s: float,
        longest_pause_s: float,
        longest_passing_s: float | None = None,
        failures_to_open: int = 1,
        clock: Clock = monotonic_clock,
    ) -> None:
        self._failures_to_open = failures_to_open
        self._pause_s = pause_s
        self._longest_pause_s = longest_pause_s
        self._longest_passing_s = longest_pause_s if longest_passing_s is None else longest_passing_s
        self._clock = clock
        self._circuits: dict[Key, _Circuit] = {}
        self._lock = threading.Lock()

    def refusal(self, key: Key) -> Refusal | None:
        """Returns None when a call is allowed, else the refusal. After a pause, allows one caller only."""
        circuit = self._circuits.get(key)
        if circuit is None or circuit.open_until is None:
            return None
        with self._lock:
            now = self._clock()
            if now < circuit.open_until:
                return Refusal(circuit.open_until - now, circuit.reason)
            circuit.open_until = now + circuit.pause_s
            return None

    def wait_s(self, key: Key) -> float:
        """Returns the seconds until a call is allowed, 0.0 when it is now. Unlike `refusal` it admits no caller."""
        circuit = self._circuits.get(key)
        if circuit is None or circuit.open_until is None:
            return 0.0
        return max(0.0, circuit.open_until - self._clock())

    def succeeded(self, key: Key) -> None:
        """Closes the circuit."""
        if key in self._circuits:
            with self._lock:
                self._circuits.pop(key, None)

    def failed(self, key: Key, reason: Why = "", *, permanent: bool = False, retry_after: float | None = None) -> None:
        """Counts a failure.

        Args:
            key: Key of the failed service.
            reason: Reason for later refusals.
            permanent: A retry cannot succeed: the circuit opens at once.
            retry_after: Seconds that the callee asked to wait: the circuit opens at once, for this time.
        """
        with self._lock:
            circuit = self._circuits.setdefault(key, _Circuit(self._pause_s))
            circuit.failures += 1
            circuit.reason = reason
            if retry_after is not None:
                circuit.open_until = self._clock() + min(retry_after, self._longest_pause_s)
            elif permanent or circuit.failures >= self._failures_to_open:
                longest = self._longest_pause_s if permanent else self._longest_passing_s
                circuit.pause_s = min(circuit.pause_s, longest)
                circuit.open_until = self._clock() + circuit.pause_s
                circuit.pause_s = min(circuit.pause_s * 2, longest)

    def clear_cache(self) -> None:
        """Closes every circuit."""
        with self._lock:
            self._circuits.clear()
