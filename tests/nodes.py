"""Nodes: several sets of processes with a home each, on one PostgreSQL and one Redis, on one machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.procfile import ProcfileProduct


@dataclass
class Node(ProcfileProduct):
    """One node. Its processes are those of the Procfile."""

    def start_all(self) -> None:
        """Starts all processes and does not wait for them."""
        self.running = [self._start(name) for name in self.processes]

    def signal(self, number: int, *names: str) -> None:
        """Sends a signal to the processes of these names, or to all."""
        for name, one in zip(self.processes, self.running, strict=True):
            if (not names or name in names) and one.poll() is None:
                os.killpg(one.pid, number)

    def kill_everything(self) -> None:
        """What a node that loses its power does."""
        self.signal(signal.SIGKILL)
        for one in self.running:
            one.wait(30)

    def pid(self, name: str) -> int:
        return self.running[self.processes.index(name)].pid

    def duties(self) -> dict[str, dict[str, Any]]:
        """Returns what `manage.py leases` shows, by the name of the duty."""
        return {duty["name"]: duty for duty in json.loads(self.manage("leases", "--json"))}


def pid_of(duty: dict[str, Any]) -> int:
    """Returns the process id of who holds a duty; 0 while nobody does."""
    return int(duty["holder"].rpartition(":")[2]) if duty["state"] == "held" else 0


def share(first: Path, second: Path) -> None:
    """Gives the second home what nodes share: the keys, and one folder of uploads (as on NFS)."""
    second.mkdir(parents=True, exist_ok=True)
    shutil.copytree(first / "keys", second / "keys")
    (first / "uploads").mkdir(exist_ok=True)
    (second / "uploads").symlink_to(first / "uploads")


def seconds_until(condition: Callable[[], object], wait_s: float) -> float:
    """Returns the seconds until the condition holds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + wait_s, f"not within {wait_s:g} s"
        time.sleep(0.1)
    return time.monotonic() - began
