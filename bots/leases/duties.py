"""Leads work by a lease: the work runs in one process at a time, and a thread renews the lease meanwhile."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.db import connection

from bots.leases import held
from bots.leases.held import Held
from bots.models.sql import connections

logger = logging.getLogger(__name__)

BEAT = "beat"
POLL = "poll"

_lock = threading.Lock()
_renewing: threading.Thread | None = None
_end_renewing = threading.Event()


def poll_of(channel: str) -> str:
    """Returns the duty of polling the channel with this public id."""
    return f"{POLL}:{channel}"


@contextlib.contextmanager
def lead(duty: str, *, kept: bool = False) -> Iterator[Held | None]:
    """Leads a duty until the end of the block; gives None when another process, or thread, leads it.

    kept: The process keeps the lease after the block.
    """
    lease = held.take(duty, kept=kept)
    if lease is None:
        yield None
        return
    if not lease.pinned:
        _renew_in_background()
    try:
        yield lease
    finally:
        try:
            held.release(lease)
        except Exception as error:  # it expires
            logger.warning("lease of %s: not released: %s", duty, type(error).__name__)


def one_at_a_time(task: Callable[[], Any]) -> Callable[[], None]:
    """Makes a task of beat run in one process at a time; a second one does nothing. Its lease has the task's name.

    On SQLite the tasks of beat run in one process, which keeps the leases: no run costs a write.
    """
    duty = f"{task.__module__.split('.')[0]}.{task.__name__}"

    @wraps(task)
    def run() -> None:
        with lead(duty, kept=connection.vendor == "sqlite") as leads:
            if leads is not None:
                task()

    return run


def _renew_in_background() -> None:
    """Makes sure that the thread runs that renews the leases of this process until it has none."""
    global _renewing
    with _lock:
        if _renewing is None or not _renewing.is_alive():
            _renewing = threading.Thread(target=_renew, name="leases", daemon=True)
            _renewing.start()


def _renew() -> None:
    global _renewing
    try:
        while not _end_renewing.wait(held.timing().renew_s):
            with _lock:
                leases = [lease for lease in held.current() if not lease.pinned and not lease.by_work]
                if not leases:
                    _renewing = None
                    return
            try:
                held.renew(*leases)
            except Exception as error:  # the database is away: the leases run out unless it comes back in time
                logger.warning("leases: not renewed: %s", type(error).__name__)
            connections.release()
    finally:
        connection.close()


def clear_cache() -> None:
    """Ends the thread that renews leases; the next lease starts another."""
    thread = _renewing
    if thread is not None and thread is not threading.current_thread():
        _end_renewing.set()
        thread.join()
        _end_renewing.clear()
