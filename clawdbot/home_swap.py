"""Exchanges files of a home in one step that a killed process cannot leave half done.

The new files lie ready in the home. A plan of renames is written, synced and then carried out. When the process is
killed, the next process that loads the settings of this home carries out the rest.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from pathlib import Path

PLAN = "restore-plan.json"

Move = tuple[str, str]
"""A path and its new path, both relative to the home."""


def carry_out(home: Path, aside: Sequence[Move], put: Sequence[Move]) -> None:
    """Renames everything in order. Folders above the new paths are made.

    Args:
        home: The home.
        aside: Old files, to new paths at which nothing is.
        put: New files, to the paths of the old ones.

    Raises:
        OSError: A rename failed; `finish` tries the rest again.
    """
    plan = home / PLAN
    fresh = home / f".{PLAN}.{os.getpid()}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"aside": list(aside), "put": list(put)}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, plan)
    sync_folder(home)
    finish(home)


def finish(home: Path) -> bool:
    """Carries out what is left of a plan; returns whether there was one. Safe to repeat, also by two processes.

    Raises:
        OSError: A rename failed.
        ValueError: The plan is damaged.
    """
    try:
        file = (home / PLAN).open(encoding="utf-8")
    except FileNotFoundError:
        return False
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not (home / PLAN).exists():  # another process has finished it meanwhile
            return False
        plan = json.load(file)
        for source, target in plan["aside"]:
            # Its old file is there already: what has its name now is a new one.
            if not os.path.lexists(home / target):
                _move(home / source, home / target)
        for source, target in plan["put"]:
            _move(home / source, home / target)
        sync_folder(home)
        (home / PLAN).unlink()
        sync_folder(home)
    return True


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.rename(source, target)
    except FileNotFoundError:
        return  # moved before
    sync_folder(source.parent)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Writes the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
