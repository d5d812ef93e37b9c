"""Kills the programs that this process started, if this process dies without stopping them.

A killed process can stop nothing itself. So one small helper per process, which is this file run as a program, holds
the reading end of a pipe: the end of the pipe tells it that its parent is dead. It must import nothing but the standard
library.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

_GRACE_S = 1.0
_lock = threading.Lock()
_helper: tuple[int, subprocess.Popen[bytes]] | None = None


def watch(group: int) -> None:
    """Has a process group killed when this process dies."""
    _tell(f"+{group}\n")


def forget(group: int) -> None:
    """Ends the watch over a group that is gone, whose id may be used again."""
    _tell(f"-{group}\n")


def _tell(line: str) -> None:
    with _lock, contextlib.suppress(OSError):
        pipe = _running().stdin
        if pipe is not None:
            pipe.write(line.encode())
            pipe.flush()


def _running() -> subprocess.Popen[bytes]:
    global _helper
    if _helper is None or _helper[0] != os.getpid() or _helper[1].poll() is not None:
        command = [sys.executable, "-I", "-S", __file__]
        # A session of its own: what a terminal sends to this process must not reach the helper.
        started = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, env={}, cwd="/")
        _helper = (os.getpid(), started)
    return _helper[1]


def clear_cache() -> None:
    """Ends the helper, which then kills every group that it still watches."""
    global _helper
    with _lock:
        if _helper is not None and _helper[0] == os.getpid():
            with contextlib.suppress(OSError):
                _helper[1].communicate(timeout=5)
        _helper = None


def main() -> None:
    """Reads which groups to watch until the pipe ends, then kills them."""
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for last in (False, True):
        for group in groups:
            with contextlib.suppress(OSError):
                os.killpg(group, signal.SIGKILL if last else signal.SIGTERM)
        if groups and not last:
            time.sleep(_GRACE_S)


if __name__ == "__main__":
    main()
