"""Runs woken tasks on a thread pool of this process. Wake-ups for a task that already waits are merged."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from celery import current_app
from django.db import close_old_connections

logger = logging.getLogger(__name__)


class TurnPool:
    """Receives wake-ups from `loopback` and calls the named Celery task in a thread of the pool.

    With Redis, Celery's worker runs the same tasks. Without it, Celery's in-memory broker would serialize and poll for
    a mere task name and row id: 1 to 2 ms of CPU per message.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="turn")
        self._lock = threading.Lock()
        self._waiting: set[tuple[str, int]] = set()

    def wake(self, task: str, row_id: int, in_s: float) -> None:
        """Queues the task now or in `in_s` seconds. Ignores a wake-up for a task and row that already wait."""
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
        except Exception:  # nothing reads the pool's futures, so only this log line shows the error
            logger.exception("%s(%s) failed; the sweep will wake it again", task, row_id)
