"""Is the process that once took something on this machine still the same one, and alive?"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def started(pid: int) -> str:
    """When this process id began, so that a reused id is not taken for the old process. "" without /proc."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text("utf8").rsplit(")", 1)[1].split()[19]
    return ""


def is_alive(pid: int, started_at: str) -> bool:
    """Whether the process with this id, begun at `started_at` (as `started` tells it), still runs on this machine."""
    if started_at:
        return started(pid) == started_at
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
