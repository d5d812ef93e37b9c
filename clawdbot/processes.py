"""Tells whether a process of this machine is still alive, even if its id was reused."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def started(pid: int) -> str:
    """Returns the start time of a process, which tells apart processes with the same id. "" without /proc."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text("utf8").rsplit(")", 1)[1].split()[19]
    return ""


def is_alive(pid: int, started_at: str) -> bool:
    """Returns whether the process with this id and start time (from `started`) still runs on this machine."""
    if started_at:
        return started(pid) == started_at
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
