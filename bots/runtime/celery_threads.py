"""Celery inside this process: a worker on the threads pool, and beat."""

from __future__ import annotations

import contextlib
import importlib
import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

from celery import current_app
from celery.beat import Service
from celery.worker import WorkController
from django.conf import settings

from bots.operations import queues
from bots.pipeline.queue import loopback, wakeups, workers
from bots.runtime.turn_pool import TurnPool

logger = logging.getLogger(__name__)

WARM_UP_AFTER_S = 8.0
CHORES = 2  # threads for embedding and the like


def make_worker(queues: Sequence[str], threads: int, reached_for: Sequence[str]) -> WorkController:
    """A worker for some queues. Gossip and mingle are for clusters; the rows coordinate here.

    Without Redis the broker lies in this process's memory, for its own chores; turns and sends come by the bus.

    Args:
        queues: what it takes from the broker.
        threads: turns at a time.
        reached_for: queues for which other processes of this machine may wake it.
    """
    if not settings.CLAWDBOT.redis_url:
        loopback.listen(reached_for, TurnPool(threads).wake)
    worker: WorkController = current_app.WorkController(
        pool="threads",
        concurrency=threads if settings.CLAWDBOT.redis_url else CHORES,
        queues=list(queues),
        hostname=f"{queues[0]}@%h",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        loglevel="WARNING",
    )
    return worker


def run_worker(queues: Sequence[str], threads: int, role: str) -> None:
    """Runs a worker in this thread until it is stopped, with the heartbeat that keeps its claims."""
    stop = workers.start_heartbeat(role)
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    try:
        make_worker(queues, threads, queues).start()
    finally:
        stop.set()
        with contextlib.suppress(Exception):
            workers.unregister()


def warm_up() -> None:
    """Imports what the first turn would import otherwise, a second in which that person would wait.

    A while after the start, when everything that makes the product ready has had the processor.
    """
    time.sleep(WARM_UP_AFTER_S)
    importlib.import_module("openai")


def start_worker_thread(queues: Sequence[str], threads: int, reached_for: Sequence[str]) -> WorkController:
    """Runs a worker in a daemon thread of this process."""
    workers.start_heartbeat("web")
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    worker = make_worker(queues, threads, reached_for)
    threading.Thread(target=worker.start, name="celery", daemon=True).start()
    return worker


def start_beat_thread() -> Service:
    """Runs beat (the schedules of the admin) in a daemon thread of this process."""
    service: Any = Service(current_app, max_interval=5, scheduler_cls=current_app.conf.beat_scheduler)
    threading.Thread(target=service.start, kwargs={"embedded_process": True}, name="beat", daemon=True).start()
    return service  # type: ignore[no-any-return]


def free_what_the_last_process_left() -> None:
    """At start: claims of a process that is gone are freed at once, and everything due is woken."""
    report = queues.sweep()
    if report.freed or report.woken:
        logger.info(
            "start: freed %s claims, woke %s rows (%s)", report.freed, report.woken, ", ".join(wakeups.TASK_NAMES)
        )
