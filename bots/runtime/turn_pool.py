"""Runs woken tasks of this process on a pool of threads, each task once however often it was woken."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from celery import current_app
from django.db import close_old_connections

logger = logging.getLogger(__name__)


class TurnPool:
    """Takes wake-ups of the bus and calls the named Celery task here.

    The same tasks run through Celery's worker where there is Redis. In one process its broker in memory would only
    serialise, poll and parse what is a task's name and a number: 1 to 2 ms of CPU per message.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="turn")
        self._lock = threading.Lock()
        self._waiting: set[tuple[str, int]] = set()

    def wake(self, task: str, row_id: int, in_s: float) -> None:
        """Runs the task now, or in `in_s` seconds. A wake-up for what waits already is the same wake-up."""
        if in_s > 0:
            timer = threading.Timer(in_s, self.wake, (task, row_id, 0.0))
            timer.daemon = True
            timer.start()
            return
        with self._lock:
            if (task, row_id) in self._waiting:
                return
            self._waiting.add((task, row_id))
        self._pool.submit(self._run, task, row_id)

    def _run(self, task: str, row_id: int) -> None:
        with self._lock:
            self._waiting.discard((task, row_id))
        try:
            close_old_connections()
            current_app.tasks[task](row_id)
        except Exception:  # nobody looks at the result of the pool: without a log line it would be lost
            logger.exception("%s(%s) failed; the sweep will wake it again", task, row_id)
