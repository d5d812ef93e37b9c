"""Keeps a second server off a home: both would write the same queues, journals and indexes."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class HomeInUse(Exception):
    """Another server runs on this home. `pid` is its process id, "" when unknown."""

    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


def take(home: Path) -> int:
    """Locks the home for this process and returns the descriptor that holds the lock until the process ends.

    The operating system releases the lock when the process ends in any way, SIGKILL included. Child processes do not
    inherit it.

    Raises:
        HomeInUse: Another process holds the lock.
    """
    folder = home / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(folder / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = _pid(file)
        os.close(file)
        raise HomeInUse(pid) from None
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()}\n".encode("ascii"), 0)
    return file


def holder(home: Path) -> str | None:
    """Returns the process id of the server that runs on this home, "" when unknown; None when none runs."""
    try:
        file = os.open(home / "run" / "serve.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(file)
    finally:
        os.close(file)
    return None


def _pid(file: int) -> str:
    return os.pread(file, 20, 0).decode("ascii", "replace").strip()
