"""Work in another thread, on database connections of its own, as another process would do it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections


def on_another_connection(work: Callable[[], Any]) -> Any:
    """Runs `work` to its end; returns its result or raises its error."""

    def run() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
