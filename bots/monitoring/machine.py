"""Reads the processes of this installation on this machine, and the machine's memory, from /proc.

A process that ends is gone from /proc, so no figure of it stays behind. Without /proc (macOS) nothing is found.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_CGROUPS = (  # of containers: limit and use, version 2 and 1
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat", "inactive_file"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
        "total_inactive_file",
    ),
)
# What a process of the product is started with, and the role that it then has.
_ROLES = (
    (re.compile(r"manage\.py\0(serve|worker|poll|modelserver)(\0|$)"), None),
    (re.compile(r"clawdbot_site\.asgi"), "web"),
    (re.compile(r"\0-A\0clawdbot_site\0(beat|worker)(\0|$)"), None),
)
_NAMES = {"serve": "web"}
_PLACE = ("CLAWDBOT_HOME", "CLAWDBOT_CONFIG")


@dataclass(frozen=True, slots=True)
class Process:
    """A running process. `cpu_s` are seconds since its start, of all its threads."""

    pid: int
    role: str
    resident_bytes: int
    cpu_s: float


def processes() -> list[Process]:
    """Returns the processes of this installation: of this user, folder and configuration."""
    mine = _place(os.getpid())
    found = []
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it ends, or belongs to another user
            role = _role((folder / "cmdline").read_bytes().decode("utf8", "replace"))
            pid = int(folder.name)
            if pid == os.getpid():
                role = role or "web"
            if role and _place(pid) == mine:
                found.append(_measured(folder, role))
    return sorted(found, key=lambda one: one.pid)


def _role(command: str) -> str:
    for pattern, role in _ROLES:
        if match := pattern.search(command):
            return role or _NAMES.get(match[1], match[1])
    return ""


def _place(pid: int) -> tuple[str, ...]:
    """Returns what two processes of one installation share: user, folder, home and configuration."""
    folder = _PROC / str(pid)
    # /proc tells with what a process was started; this one may have set its variables since.
    own = pid == os.getpid()
    values = os.environ if own else dict(_pairs((folder / "environ").read_bytes()))
    who = (str(os.getuid()), str(Path.cwd())) if own else (str(folder.stat().st_uid), str((folder / "cwd").readlink()))
    return (*who, *(values.get(name, "") for name in _PLACE))


def _pairs(environment: bytes) -> Iterator[tuple[str, str]]:
    for entry in environment.decode("utf8", "replace").split("\0"):
        name, _sign, value = entry.partition("=")
        yield name, value


def _measured(folder: Path, role: str) -> Process:
    # The name of the program, in brackets, may hold spaces.
    columns = (folder / "stat").read_text("utf8", "replace").rsplit(")", 1)[1].split()
    ticks = int(columns[11]) + int(columns[12])
    pages = int((folder / "statm").read_text("utf8").split()[1])
    return Process(int(folder.name), role, pages * os.sysconf("SC_PAGE_SIZE"), ticks / os.sysconf("SC_CLK_TCK"))


def memory_used() -> float | None:
    """Returns the share of memory in use, 0 to 1: of the container if it has a limit, else of the machine."""
    shares = [share for share in (_of_machine(), *map(_of_cgroup, _CGROUPS)) if share is not None]
    return max(shares, default=None)


def _of_machine() -> float | None:
    try:
        lines = (_PROC / "meminfo").read_text("utf8").splitlines()
        values = {name: int(rest.split()[0]) for name, _sign, rest in (line.partition(":") for line in lines)}
        return 1 - values["MemAvailable"] / values["MemTotal"]
    except (OSError, KeyError, ValueError, IndexError, ZeroDivisionError):
        return None


def _of_cgroup(files: tuple[str, str, str, str]) -> float | None:
    limit_file, used_file, stat_file, name = files
    try:
        limit, used = int(Path(limit_file).read_text("utf8")), int(Path(used_file).read_text("utf8"))
        stat = dict(line.split() for line in Path(stat_file).read_text("utf8").splitlines())
        # A cache of files that the kernel gives up when memory is needed is not in use.
        return max(used - int(stat.get(name, 0)), 0) / limit if 0 < limit < 2**60 else None
    except (OSError, ValueError):  # "max": no limit
        return None
