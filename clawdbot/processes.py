"""Tells whether a process of this machine is still alive, even if its id was reused."""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


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


@cache
def _place() -> str:
    """Returns what tells this run of this machine, and this container, from others. "" where that is unknown.

    A host name does not: containers may share the one of their machine, and machines may be copies.
    """
    with contextlib.suppress(OSError):
        return f"{_BOOT.read_text('ascii').strip()}/{_NAMESPACE.readlink().name}"
    return ""


def stamp(pid: int) -> str:
    """Returns the start time of a process with a mark of this machine and container; 32 characters at most."""
    mark = hashlib.blake2b(_place().encode(), digest_size=5).hexdigest()
    return f"{started(pid)}@{mark}" if _place() and started(pid) else started(pid)


def is_known_to_be_gone(pid: int, stamped: str) -> bool:
    """Returns whether the process with this id and `stamp` has ended; False for one of another container."""
    started_at, _, mark = stamped.partition("@")
    if mark and mark != stamp(os.getpid()).partition("@")[2]:
        return False
    return not is_alive(pid, started_at)


def identity() -> str:
    """Returns this process's identity, which no other process on any machine has; at most 120 characters."""
    pid = os.getpid()
    return f"{_place()}|{pid}|{started(pid)}"


def has_ended(identity: str) -> bool:
    """Returns whether the process with this `identity` is known to have ended.

    Only processes of this machine, and of this container, can be known. Of others the answer is always False.
    """
    place, _, rest = identity.partition("|")
    pid, _, started_at = rest.partition("|")
    if not place or place != _place() or not pid.isdecimal() or not started_at:
        return False
    return not is_alive(int(pid), started_at)
