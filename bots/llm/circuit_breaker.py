"""A circuit breaker per model and process: a model that keeps failing is left alone for a while, then probed once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

FAILURES_TO_OPEN = 3
FIRST_PAUSE_S = 10.0
LONGEST_PAUSE_S = 120.0


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    pause_s: float = FIRST_PAUSE_S
    open_until: float = 0.0


class Breaker:
    """Thread-safe. Keys are whatever identifies a model and its configuration, so a changed provider starts afresh."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._circuits: dict[object, _Circuit] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: object) -> float:
        """Seconds until this model may be tried again; 0 means now, and then the caller is the probe."""
        circuit = self._circuits.get(key)
        if circuit is None or circuit.open_until == 0.0:
            return 0.0
        with self._lock:
            left = circuit.open_until - self._clock()
            if left > 0:
                return left
            # Others wait while this caller probes.
            circuit.open_until = self._clock() + circuit.pause_s
            return 0.0

    def succeeded(self, key: object) -> None:
        if key in self._circuits:
            with self._lock:
                self._circuits.pop(key, None)

    def failed(self, key: object, *, permanent: bool = False, retry_after: float | None = None) -> None:
        """Counts a failure. A permanent one (key refused, unknown model) or a named wait opens the circuit at once."""
        with self._lock:
            circuit = self._circuits.setdefault(key, _Circuit())
            circuit.failures += 1
            if retry_after is not None:
                circuit.open_until = self._clock() + min(retry_after, LONGEST_PAUSE_S)
            elif permanent or circuit.failures >= FAILURES_TO_OPEN:
                circuit.open_until = self._clock() + circuit.pause_s
                circuit.pause_s = min(circuit.pause_s * 2, LONGEST_PAUSE_S)

    def clear_cache(self) -> None:
        with self._lock:
            self._circuits.clear()


breaker = Breaker()
