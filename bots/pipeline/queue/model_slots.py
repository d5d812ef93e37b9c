"""Bounds how many turns of this process work with a model at once, so that one thread is left for everything else.

A turn takes a slot before it recalls and asks a model. Without a free slot its row goes back to the queue, and its
thread is free for commands, forms and skills. The thread that ends a turn passes its slot on to the oldest waiting row
and takes that row itself. The row's `due_at` stands in when this process dies.
"""

from __future__ import annotations

import bisect
import random
import threading
from collections.abc import Callable

from django.conf import settings

# A row that waits for a slot of this process is due again after that, in case another process has a free one.
AGAIN_S = 5.0
# More for each row that waits, so that a long queue does not keep the workers busy with looking.
AGAIN_PER_ROW_S = 0.05


class ModelSlots:
    """The slots of this process and the rows that wait for one. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: int | None = None
        self._taken = 0
        self._waiting: list[int] = []
        # Runs a job on another thread of this process; None where the thread that frees a slot goes on itself.
        self.run_elsewhere: Callable[[Callable[[], object]], None] | None = None

    def set_threads(self, threads: int) -> None:
        """Sets the number of threads that take turns; one less is the number of slots, and at least one."""
        self._threads = threads

    @property
    def capacity(self) -> int:
        return max(1, (self._threads or settings.CLAWDBOT.worker.threads) - 1)

    @property
    def room(self) -> int:
        """The number of further turns that find a slot."""
        return max(0, self.capacity - self._taken - len(self._waiting))

    def take(self) -> bool:
        """Takes a slot if one is free."""
        with self._lock:
            if self._taken >= self.capacity:
                return False
            self._taken += 1
            return True

    def take_or_wait(self, row_id: int) -> bool:
        """Takes a slot for this row if one is free by now; else the row waits. Call it after the row was given back."""
        with self._lock:
            if self._taken < self.capacity:
                self._taken += 1
                return True
            position = bisect.bisect_left(self._waiting, row_id)
            if position == len(self._waiting) or self._waiting[position] != row_id:
                self._waiting.insert(position, row_id)
            return False

    def pass_on(self) -> int | None:
        """Passes a taken slot to the oldest waiting row and returns its id; without one frees the slot."""
        with self._lock:
            if self._waiting:
                return self._waiting.pop(0)
            self._taken -= 1
            return None

    def free(self) -> None:
        """Frees a taken slot, whoever waits: the waiting rows are due again soon."""
        with self._lock:
            self._taken -= 1

    def again_in_s(self) -> float:
        """Returns the seconds after which a row without a slot is due again."""
        wait_s = AGAIN_S + AGAIN_PER_ROW_S * len(self._waiting)
        return wait_s * random.uniform(0.8, 1.2)  # noqa: S311  not for secrecy

    def clear_cache(self) -> None:
        with self._lock:
            self._threads, self._taken, self.run_elsewhere = None, 0, None
            self._waiting.clear()


slots = ModelSlots()


class Lease:
    """The slot of one thread, or none. Each thread has a lease of its own."""

    def __init__(self, *, held: bool = False) -> None:
        self.held = held
        self._granted: int | None = None

    def take(self) -> bool:
        """Returns whether this thread has a slot now."""
        self.held = self.held or slots.take()
        return self.held

    def wait(self, row_id: int) -> None:
        """Lets the row, which was given back to the queue, wait for a slot."""
        if slots.take_or_wait(row_id):
            self.held, self._granted = True, row_id

    def next_row(self) -> int | None:
        """Ends the turn. Returns the row that gets the slot and that this thread must take; None frees the slot."""
        if not self.held:
            return None
        found, self._granted = self._granted, None
        if found is None:
            found = slots.pass_on()
        self.held = found is not None
        return found

    def end(self) -> None:
        """Frees the slot, when the thread ends its work in the middle of a turn."""
        if self.held:
            self.held = False
            slots.free()
