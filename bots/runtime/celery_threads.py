"""Runs Celery inside this process: a worker on a thread pool, and beat."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

from celery import current_app
from celery.beat import Service
from celery.worker import WorkController
from django.conf import settings
from django.db import connection

from bots.leases import abandoned, duties, held
from bots.limits import batches
from bots.llm import figures
from bots.operations import queues as message_queues
from bots.pipeline.queue import loopback, wakeups, workers
from bots.pipeline.queue.model_slots import slots
from bots.runtime.celery_worker import ReconnectingConsumer, run_until_stopped
from bots.runtime.turn_pool import TurnPool
from bots.runtime.warm_up import warm_up

logger = logging.getLogger(__name__)

CHORES = 2  # threads for background tasks such as embedding


def make_worker(queues: Sequence[str], threads: int) -> WorkController:
    """Creates a worker. Gossip and mingle are off, because database rows coordinate the workers.

    Args:
        queues: Queues that the worker consumes from the broker.
        threads: Turns processed at the same time.
    """
    worker: WorkController = current_app.WorkController(
        pool="threads",
        # In one pool, background tasks must not take the thread that the slots leave for commands.
        concurrency=threads + CHORES if settings.CLAWDBOT.redis_url else CHORES,
        queues=list(queues),
        hostname=f"{queues[0]}@%h",
        consumer_cls=ReconnectingConsumer,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        loglevel="WARNING",
    )
    return worker


def _listen(threads: int, wakeable_queues: Sequence[str]) -> None:
    """Prepares this process for turns and sends: sets the slots of the models and listens for wake-ups.

    Without Redis the broker carries only this process's own tasks.
    """
    slots.set_threads(threads)
    if not settings.CLAWDBOT.redis_url:
        loopback.listen(wakeable_queues, TurnPool(threads).wake)


def run_worker(queues: Sequence[str], threads: int, role: str) -> None:
    """Runs a worker in this thread until it is stopped, and the heartbeat that keeps its claims valid."""
    stop = workers.start_heartbeat(role, message_queues.release_abandoned, figures.flush, batches.end_unused)
    abandoned.watch(stop)
    try:
        warm_up()
        _listen(threads, queues)
        run_until_stopped(lambda: make_worker(queues, threads))
    finally:
        stop.set()
        held.leave()
        figures.flush()
        with contextlib.suppress(Exception):
            batches.end_unused(all_of_them=True)
        with contextlib.suppress(Exception):
            workers.unregister()


def start_worker_thread(queues: Sequence[str], threads: int, wakeable_queues: Sequence[str]) -> None:
    """Runs a worker in a daemon thread of this process.

    Args:
        queues: Queues that the worker consumes from the broker.
        threads: Turns processed at the same time.
        wakeable_queues: Queues for which other processes of this machine may wake it.
    """
    stop = workers.start_heartbeat("web", message_queues.release_abandoned, figures.flush, batches.end_unused)
    abandoned.watch(stop)
    _listen(threads, wakeable_queues)
    run = partial(run_until_stopped, lambda: make_worker(queues, threads))
    threading.Thread(target=run, name="celery", daemon=True).start()


def start_beat_thread() -> Service:
    """Runs beat (the schedules of the admin) in a daemon thread. On a database file it leads at once."""
    if connection.vendor == "sqlite":
        held.seize(duties.BEAT)  # the caller holds the lock of the home
    service: Any = Service(current_app, max_interval=5, scheduler_cls=current_app.conf.beat_scheduler)
    threading.Thread(target=service.start, kwargs={"embedded_process": True}, name="beat", daemon=True).start()
    return service  # type: ignore[no-any-return]


def recover_queues() -> None:
    """Frees the claims of dead processes and wakes all due rows; called once at start."""
    report = message_queues.recover()
    if report.freed or report.woken:
        logger.info(
            "start: freed %s claims, woke %s rows (%s)", report.freed, report.woken, ", ".join(wakeups.TASK_NAMES)
        )
