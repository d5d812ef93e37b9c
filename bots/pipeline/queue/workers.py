"""Registers the processes that claim queue rows, writes their heartbeats and tells which of them are dead.

A claim names its worker and holds while that worker's heartbeat is fresh, so one small write every few seconds renews
all claims of a process. The next start or sweep releases the claims of a dead process.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.db import close_old_connections, connection

from bots.channels import health
from bots.models import Worker
from bots.models.sql import clock
from bots.pipeline.queue import setback
from clawdbot import processes

logger = logging.getLogger(__name__)

BEAT_EVERY_S = 5.0
DEAD_AFTER = timedelta(seconds=25)

_lock = threading.Lock()
_current: tuple[int, str] | None = None  # (process id, worker id): a forked child registers itself


def current(role: str = "worker") -> str:
    """Returns this process's worker id; registers the process on first use."""
    global _current
    with _lock:
        if _current is None or _current[0] != os.getpid():
            pid = os.getpid()
            worker = Worker.objects.create(
                id=uuid.uuid4().hex,
                host=socket.gethostname(),
                pid=pid,
                pid_started=processes.stamp(pid),
                role=role,
                beat_at=clock.now(),
            )
            _current = (pid, worker.id)
        return _current[1]


def beat(role: str = "worker") -> None:
    """Writes the heartbeat. Inserts the row again if a sweep presumed this worker dead and deleted it."""
    worker_id, now = current(role), clock.now()
    mine = Worker.objects.filter(pk=worker_id)
    if mine.filter(beat_at__lte=now + setback.TOLERANCE).update(beat_at=now):
        return
    setback.correct()
    if not mine.update(beat_at=clock.now()):
        pid = os.getpid()
        Worker.objects.create(
            id=worker_id,
            host=socket.gethostname(),
            pid=pid,
            pid_started=processes.stamp(pid),
            role=role,
            beat_at=clock.now(),
        )


def start_heartbeat(role: str, *chores: Callable[[], object]) -> threading.Event:
    """Writes heartbeats in a daemon thread until the returned event is set.

    Args:
        role: What this process does.
        *chores: Called after each heartbeat. A failure is logged, and the next heartbeat calls them again.
    """
    stop = threading.Event()

    def run() -> None:
        while True:
            for step in (lambda: beat(role), health.flush, *chores):
                try:
                    step()
                except Exception as error:  # an outage of the database must not end the heartbeat
                    logger.warning("heartbeat: %s", type(error).__name__)
                    break
            if stop.wait(BEAT_EVERY_S):
                connection.close()
                return
            close_old_connections()

    threading.Thread(target=run, name="heartbeat", daemon=True).start()
    return stop


def is_dead(worker: Worker) -> bool:
    """Returns whether the heartbeat is older than `DEAD_AFTER` or, on this host and in this container, it is gone."""
    if worker.beat_at < clock.now() - DEAD_AFTER:
        return True
    if worker.host != socket.gethostname():
        return False
    return processes.is_known_to_be_gone(worker.pid, worker.pid_started)


def living_ids() -> set[str]:
    """Returns the ids of the workers whose claims hold. Deletes the rows of dead workers."""
    living, dead = set(), []
    for worker in Worker.objects.all():
        if is_dead(worker):
            dead.append(worker.id)
        else:
            living.add(worker.id)
    if dead:
        Worker.objects.filter(pk__in=dead).delete()
    return living


def clear_cache() -> None:
    """Forgets this process's worker id: the next use registers a new one. The row stays."""
    global _current
    with _lock:
        _current = None


def unregister() -> None:
    """Deletes this process's row at an orderly shutdown, so that its claims are released without delay."""
    global _current
    with _lock:
        if _current is not None:
            Worker.objects.filter(pk=_current[1]).delete()
            _current = None
