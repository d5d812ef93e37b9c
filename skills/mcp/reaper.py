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
    with _lock:
        _tell(_started(), f"+{group}\n")


def forget(group: int) -> None:
    """Ends the watch over a group that is gone, whose id may be used again."""
    with _lock:
        if (helper := _living()) is not None:
            _tell(helper, f"-{group}\n")


def _tell(helper: subprocess.Popen[bytes], line: str) -> None:
    with contextlib.suppress(OSError):
        if helper.stdin is not None:
            helper.stdin.write(line.encode())
            helper.stdin.flush()


def _living() -> subprocess.Popen[bytes] | None:
    """Returns the helper of this process; None when there is none, or it belongs to the parent of a fork."""
    if _helper is None or _helper[0] != os.getpid() or _helper[1].poll() is not None:
        return None
    return _helper[1]


def _started() -> subprocess.Popen[bytes]:
    global _helper
    if (helper := _living()) is not None:
        return helper
    command = [sys.executable, "-I", "-S", __file__]
    # A session of its own: what a terminal sends to this process must not reach the helper.
    started = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, env={}, cwd="/")
    _helper = (os.getpid(), started)
    return started


def clear_cache() -> None:
    """Ends the helper, which then kills every group that it still watches."""
    global _helper
    with _lock:
        helper, _helper = _living(), None
        if helper is None:
            return
        try:
            helper.communicate(timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            helper.kill()
            helper.wait()


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
