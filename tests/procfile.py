"""The product as the processes of the Procfile, each of its own, as a supervisor runs them."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.product import ROOT, Product

PROCESSES = ("web", "worker", "worker", "beat")


def commands() -> dict[str, str]:
    """Returns the command line of each process by name."""
    lines = (
        line
        for line in (ROOT / "deploy" / "Procfile").read_text("utf8").splitlines()
        if line and not line.startswith("#")
    )
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


@dataclass
class ProcfileProduct(Product):
    """Processes of the Procfile, with this Python's environment.

    Attributes:
        processes: Their names; a name twice is two processes.
        prefix: What is put before each command line.
    """

    processes: tuple[str, ...] = PROCESSES
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    prefix: tuple[str, ...] = ()

    def start(self, wait_s: float = 150.0, *, model: bool = True) -> None:
        """Starts all processes and waits until the product answers messages."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.running = [self._start(name) for name in self.processes]
        deadline = time.monotonic() + wait_s
        while not self.is_ready(model=model):
            assert time.monotonic() < deadline, f"not ready after {wait_s} s:\n{self.log()}"
            time.sleep(0.2)

    def kill_all(self, name: str) -> None:
        """Sends SIGKILL to the processes of this name; a supervisor starts them again after a second."""
        places = [place for place, one in enumerate(self.processes) if one == name]
        for place in places:
            self.kill_one(place)
        time.sleep(1.0)
        for place in places:
            self.start_again(place)

    def kill_one(self, place: int) -> None:
        """Sends SIGKILL to the process at this place of `processes`, and to its children."""
        os.killpg(self.running[place].pid, signal.SIGKILL)
        self.running[place].wait(30)

    def start_again(self, place: int) -> None:
        self.running[place] = self._start(self.processes[place])

    def ended(self) -> list[str]:
        """Returns the names of processes that have ended by themselves."""
        return [name for name, one in zip(self.processes, self.running, strict=True) if one.poll() is not None]

    def stop(self) -> int | None:
        """Stops all processes with SIGTERM; kills those that do not end."""
        super().stop()  # the console
        for one in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGTERM)
        for one in self.running:
            try:
                one.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(one.pid, signal.SIGKILL)
        return None

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        here = str(Path(sys.executable).parent)
        line = commands()[name].replace(".venv/bin", here).replace("${HOST:-127.0.0.1}", "127.0.0.1")
        with (self.home / "serve.log").open("ab") as log:
            return subprocess.Popen(
                [*self.prefix, *shlex.split(line.replace("${PORT:-8080}", str(self.port)))],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
