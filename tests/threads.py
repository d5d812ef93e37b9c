"""Work in other threads, on database connections of their own, as other processes would do it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections


def on_another_connection(work: Callable[[], Any]) -> Any:
    """Runs `work` to its end; returns its result or raises its error."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_on_own_connections, work).result()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Starts each of `works` in a thread of its own at the same moment.

    Returns:
        Their results, in order, when all have ended. Raises the first error.
    """
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait(60)
        return _on_own_connections(work)

    with ThreadPoolExecutor(len(works)) as pool:
        return [ended.result() for ended in [pool.submit(run, work) for work in works]]


def _on_own_connections(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connections.close_all()
