"""Holds the writes of one call until it succeeds."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bots.pipeline.engine.turn import Turn


class Staging:
    """The writes of one call. Its `append` is used like that of `Turn.staged`."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._lock = threading.Lock()
        self._writes: list[Callable[[], None]] = []
        self._steps: list[Callable[[], None]] = []
        self._closed = False

    def append(self, write: Callable[[], None]) -> None:
        """Adds a write to the transaction that closes the turn. An abandoned call adds nothing any more."""
        with self._lock:
            if not self._closed:
                self._writes.append(write)

    def at_commit(self, step: Callable[[], None]) -> None:
        """Adds a change of the turn itself, to be made in the thread of the turn. It may raise, and may append."""
        with self._lock:
            if not self._closed:
                self._steps.append(step)

    def commit(self) -> None:
        """Takes what was staged into the turn."""
        for step in self._steps:
            step()
        with self._lock:
            self._closed = True
            self._turn.staged.extend(self._writes)
