"""Celery inside this process: a worker on the threads pool, and beat."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Any

from celery import current_app
from celery.beat import Service
from celery.worker import WorkController

from bots import wakeup, workers
from bots.operations import queues

logger = logging.getLogger(__name__)


def make_worker(queue: str, threads: int) -> WorkController:
    """A worker for one queue. Gossip, mingle and remote control are for clusters; the rows coordinate here."""
    worker: WorkController = current_app.WorkController(
        pool="threads",
        concurrency=threads,
        queues=[queue],
        hostname=f"{queue}@%h",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        loglevel="WARNING",
    )
    return worker


def run_worker(queue: str, threads: int, role: str) -> None:
    """Runs a worker in this thread until it is stopped, with the heartbeat that keeps its claims."""
    stop = workers.start_heartbeat(role)
    try:
        make_worker(queue, threads).start()
    finally:
        stop.set()
        with contextlib.suppress(Exception):
            workers.forget_current()


def start_worker_thread(queue: str, threads: int) -> WorkController:
    """Runs a worker in a daemon thread of this process."""
    workers.start_heartbeat("web")
    worker = make_worker(queue, threads)
    threading.Thread(target=worker.start, name=f"celery-{queue}", daemon=True).start()
    return worker


def start_beat_thread() -> Service:
    """Runs beat (the schedules of the admin) in a daemon thread of this process."""
    service: Any = Service(current_app, max_interval=5)
    threading.Thread(target=service.start, kwargs={"embedded_process": True}, name="beat", daemon=True).start()
    return service  # type: ignore[no-any-return]


def free_what_the_last_process_left() -> None:
    """At start: claims of a process that is gone are freed at once, and everything due is woken."""
    report = queues.sweep()
    if report.freed or report.woken:
        logger.info("start: freed %s claims, woke %s rows (%s)", report.freed, report.woken, ", ".join(wakeup.TASK_NAMES))
