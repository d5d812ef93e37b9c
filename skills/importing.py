"""Imports classes of skills within a time limit: a module that waits for something must not hold every turn."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connections

from clawdbot.errors import ClawdbotError

LIMIT_S = 10.0
_running: dict[str, _Import] = {}


class StillImporting(ClawdbotError):
    """The import goes on in the background. What it makes is taken when it ends."""


def within(name: str, work: Callable[[], None], limit_s: float | None = None) -> None:
    """Runs the work in a thread of its own and waits for it.

    Work of the same name that is still running is waited for no second time, and nothing new is begun.

    Args:
        name: Of the class, for instance "mybot.dice.Dice".
        work: Imports it and stores it. May raise anything, also SystemExit.
        limit_s: Seconds to wait; None for the usual limit.

    Raises:
        StillImporting: It takes longer.
        BaseException: Whatever the work raised.
    """
    limit_s = LIMIT_S if limit_s is None else limit_s
    running = _running.get(name)
    if running is None:
        running = _running[name] = _Import(name, work)
        running.done.wait(limit_s)
    if not running.done.is_set():
        raise StillImporting(f"its import takes longer than {limit_s:g} s and goes on in the background")
    del _running[name]
    if running.error is not None:
        raise running.error


def clear_cache() -> None:
    """Forgets imports that still run."""
    _running.clear()


class _Import:
    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._work = work
        self.done = threading.Event()
        self.error: BaseException | None = None
        threading.Thread(target=self._run, name=f"import {name}", daemon=True).start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # it must reach the one who waits, whatever it is
            self.error = error
        finally:
            connections.close_all()
            self.done.set()
