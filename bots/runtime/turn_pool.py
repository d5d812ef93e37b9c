"""Runs woken tasks on a thread pool of this process. Wake-ups for a task that already waits are merged."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from celery import current_app

from bots.models.sql import connections
from bots.pipeline.queue import wakeups
from bots.pipeline.queue.model_slots import slots

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
        self._chats: dict[str, list[int]] = {}  # chats that a thread works on -> rows to look at after the present one
        slots.run_elsewhere = self.run

    def wake(self, task: str, row_id: int, in_s: float, chat: str = "") -> None:
        """Queues the task now or in `in_s` seconds. Ignores a wake-up for a task and row that already wait.

        One thread takes all rows of a chat: it takes those behind the first without a wake-up, and others would try to
        claim them in vain.
        """
        if in_s > 0:
            timer = threading.Timer(in_s, self.wake, (task, row_id, 0.0, chat))
            timer.daemon = True
            timer.start()
            return
        chat = chat if task == wakeups.PROCESS else ""
        with self._lock:
            if chat:
                if self._joined(chat, row_id):
                    return
            elif (task, row_id) in self._waiting:
                return
            else:
                self._waiting.add((task, row_id))
        if chat:
            self._pool.submit(self._run_chat, task, chat)
        else:
            self._pool.submit(self._run_one, task, row_id)

    def _joined(self, chat: str, row_id: int) -> bool:
        """Returns whether a thread has or will have the chat and now looks at this row too; else notes the chat."""
        rows = self._chats.get(chat)
        if rows is None:
            self._chats[chat] = [row_id]
            return False
        if row_id not in rows:
            rows.append(row_id)
        return True

    def _run_chat(self, task: str, chat: str) -> None:
        while True:
            with self._lock:
                rows = self._chats[chat]
                if not rows:
                    del self._chats[chat]
                    return
                row_id = rows.pop(0)
            try:
                self._run(task, row_id)
            except BaseException:  # the thread ends: others must take the chat
                with self._lock:
                    del self._chats[chat]
                raise

    def _run_one(self, task: str, row_id: int) -> None:
        with self._lock:
            self._waiting.discard((task, row_id))
        self._run(task, row_id)

    def run(self, job: Callable[[], object]) -> None:
        """Runs the job in a thread of the pool."""
        self._pool.submit(self._run_job, job)

    @staticmethod
    def _run_job(job: Callable[[], object]) -> None:
        try:
            job()
        except Exception:
            logger.exception("a parked turn failed; the sweep will wake it again")
        finally:
            connections.release()

    @staticmethod
    def _run(task: str, row_id: int) -> None:
        try:
            current_app.tasks[task](row_id)
        except Exception:  # nothing reads the pool's futures, so only this log line shows the error
            logger.exception("%s(%s) failed; the sweep will wake it again", task, row_id)
        finally:
            connections.release()
