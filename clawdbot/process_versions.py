"""Notes which version of the product the processes of this machine run, so that an upgrade sees the old ones."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from clawdbot import __version__, processes


@dataclass(frozen=True, slots=True)
class Running:
    """A living process.

    Attributes:
        pid: Its process id.
        started: Its start as `processes.started` gives it.
        role: What it does, such as "worker".
        version: The version of the product that it has loaded.
    """

    pid: int
    started: str
    role: str
    version: str


def note(folder: Path, role: str, version: str = __version__) -> None:
    """Notes this process in the folder. Best effort: a disk that is full must not stop a process from starting."""
    pid = os.getpid()
    row = Running(pid, processes.started(pid), role, version)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / f"version.{pid}").write_text(json.dumps(asdict(row)), "utf8")


def running(folder: Path) -> list[Running]:
    """Returns the living processes that are noted in the folder, this one left out. Removes the notes of dead ones."""
    found = []
    for file in sorted(folder.glob("version.*")):
        with contextlib.suppress(OSError, ValueError, TypeError):  # half written or removed meanwhile
            row = Running(**json.loads(file.read_text("utf8")))
            if not processes.is_alive(row.pid, row.started):
                file.unlink(missing_ok=True)
            elif row.pid != os.getpid():
                found.append(row)
    return found
