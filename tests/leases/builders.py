"""Processes that compete for leases, all within the process of the test."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bots.leases import held
from bots.models.sql import leases as sql
from clawdbot import processes

# A lease of a test expires soon, and long before that its holder stops.
QUICK = held.Timing(renew_s=0.1, lasts_s=1.0, margin_s=0.2)
_numbers = itertools.count(1)


class Elsewhere:
    """A process of another machine."""

    def __init__(self) -> None:
        self._identity = f"another-machine|{next(_numbers)}|1"

    def take(self, name: str) -> int | None:
        """Takes a lease if it is free; returns its token."""
        lasts = held.timing().lasts
        seen = sql.read(name, lasts) or sql.create(name)
        return sql.take(seen, f"elsewhere:{next(_numbers)}", self._identity, lasts, ended=False)

    def release(self, name: str, token: int) -> None:
        sql.release([(name, token)])


@contextmanager
def running_process() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Yields another process of this machine, and its identity."""
    place = processes.identity().partition("|")[0]
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        yield child, f"{place}|{child.pid}|{processes.started(child.pid)}"
        child.kill()
