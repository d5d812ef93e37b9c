"""Gives the work of killed processes to others.

The lease of a task has the task's name and arguments (`memory.optimize:5`). One that is neither renewed nor released
belongs to a process that was killed at work: the task is sent again, and whoever gets it takes the lease over.
"""

from __future__ import annotations

import logging
import threading
import time

from celery import current_app

from bots.leases import held
from bots.models.sql import connections
from bots.models.sql import leases as sql
from clawdbot import processes

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.5
# The processes of a database file restart together: only their first look finds something.
LOOK_AT_FILE_EVERY_S = 20.0
AGAIN_AFTER_S = 30.0


def watch(stop: threading.Event) -> None:
    """Looks for abandoned work in a daemon thread until `stop` is set."""
    sent: dict[tuple[str, int], float] = {}

    def run() -> None:
        pause = LOOK_EVERY_S if held.timing() is held.SERVER else LOOK_AT_FILE_EVERY_S
        while not stop.wait(pause):
            try:
                resume(sent)
            except Exception as error:  # the database is away
                logger.warning("leases: no look for abandoned work: %s", type(error).__name__)
            connections.release()

    threading.Thread(target=run, name="abandoned-work", daemon=True).start()


def resume(sent: dict[tuple[str, int], float]) -> list[str]:
    """Sends the tasks of abandoned leases again.

    Args:
        sent: When each abandoned lease was sent, in monotonic seconds; kept by the caller.

    Returns:
        The names of the leases whose task was sent.
    """
    now, found = time.monotonic(), []
    for lease in sql.unreleased(held.timing().lasts):
        if not lease.free and not processes.has_ended(lease.process):
            continue
        task, *arguments = lease.name.split(":")
        if task not in current_app.tasks or not all(one.isdecimal() for one in arguments):
            continue  # beat and polling: the processes that wait for them take over
        if now - sent.get((lease.name, lease.token), float("-inf")) < AGAIN_AFTER_S:
            continue
        sent[lease.name, lease.token] = now
        logger.warning("lease of %s: %s was killed at work, another process resumes it", lease.name, lease.holder)
        current_app.send_task(task, tuple(map(int, arguments)), expires=AGAIN_AFTER_S, ignore_result=True, retry=False)
        found.append(lease.name)
    return found
