"""Keeps the files in which the processes of one home count: one pair per process, named by host and process id.

prometheus_client names a file by the process id alone. Containers that share a home have the same ids, and two writers
of one file spoil it. It also maps a sparse file: on a full disk the first write to it would end the process (SIGBUS).
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import logging
import os
import re
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client import mmap_dict, values
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from clawdbot import processes

logger = logging.getLogger(__name__)

_HOST = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:60] or "host"
# Space that a file gets at its creation. Bounded labels keep the numbers of a process below it.
ALLOCATED_BYTES = 2**20
# Numbers of ended processes are added up into one file per type when there are more.
_MOST_DEAD = 4
_ENDED = "ended"
_lock = threading.Lock()


def identity() -> str:
    """Returns the name of this process in the names of its files."""
    return f"{_HOST}-{os.getpid()}"


def install(folder: Path) -> None:
    """Lets prometheus_client count in files of this process; call it before the first metric is made."""
    mapped: Any = values.MultiProcessValue(identity)  # type: ignore[no-untyped-call]

    @functools.wraps(mapped, updated=())
    def value(typ: str, *args: Any, **kwargs: Any) -> Any:
        # Without space this process counts for itself alone. A message is worth more than its count.
        kind = mapped if _allocated(folder / f"{typ}_{identity()}.db") else values.MutexValue
        return kind(typ, *args, **kwargs)

    value._multiprocess = True  # type: ignore[attr-defined]
    values.ValueClass = value


@functools.cache
def _allocated(file: Path) -> bool:
    try:
        with file.open("a+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, ALLOCATED_BYTES)
    except OSError as error:
        logger.warning("metrics: %s cannot be made: %s", file.name, error.strerror)
        with contextlib.suppress(OSError):
            if not file.stat().st_size:
                file.unlink()
        return False
    return True


def collect(folder: Path) -> list[Metric]:
    """Adds up the files. Those that cannot be read are left out, so that one broken file hides no other number."""
    with _locked(folder):
        _add_up_ended(folder)
        readable = [str(file) for file in sorted(folder.glob("*.db")) if _readable(file)]
        return list(MultiProcessCollector.merge(readable))  # type: ignore[no-untyped-call]


def remove_ended(folder: Path) -> None:
    """Removes the files of ended processes of this host."""
    with _locked(folder):
        for file in _ended(folder):
            file.unlink(missing_ok=True)
        for file in folder.glob(f"*_{_HOST}-{_ENDED}.db"):
            file.unlink(missing_ok=True)


def _ended(folder: Path) -> list[Path]:
    """Returns the files of processes of this host that do not run any more; also those with the former names."""
    found = []
    for file in folder.glob("*.db"):
        name = re.fullmatch(rf"[a-z]+_(?:{re.escape(_HOST)}-)?(\d+)\.db", file.name)
        if name and not processes.is_alive(int(name[1]), ""):
            found.append(file)
    return found


def _add_up_ended(folder: Path) -> None:
    """Moves the numbers of ended processes into one file, so that restarts do not make every scrape slower."""
    ended = []
    for file in _ended(folder):
        if _readable(file):
            ended.append(file)
        else:  # nobody writes to it any more
            file.unlink(missing_ok=True)
    if len(ended) <= _MOST_DEAD:
        return
    by_type: defaultdict[str, list[Path]] = defaultdict(list)
    for file in ended:
        by_type[file.name.partition("_")[0]].append(file)
    for kind, files in by_type.items():
        sum_file = folder / f"{kind}_{_HOST}-{_ENDED}.db"
        sums: defaultdict[str, float] = defaultdict(float)
        for file in (*files, sum_file):
            for key, amount in _numbers(file).items():
                sums[key] += amount
        new = sum_file.with_suffix(".new")
        new.unlink(missing_ok=True)
        _write(new, sums)
        # Killed in between, some numbers are gone, which a scraper takes for a restart; twice they would be wrong.
        for file in files:
            file.unlink(missing_ok=True)
        new.replace(sum_file)


def _numbers(file: Path) -> dict[str, float]:
    if not file.exists():
        return {}
    read = mmap_dict.MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call]
    return {key: value for key, value, _timestamp, _position in read}


def _write(file: Path, sums: dict[str, float]) -> None:
    opened = mmap_dict.MmapedDict(str(file))  # type: ignore[no-untyped-call]
    try:
        for key, amount in sums.items():
            opened.write_value(key, amount, 0.0)  # type: ignore[no-untyped-call]
    finally:
        opened.close()  # type: ignore[no-untyped-call]


def _readable(file: Path) -> bool:
    try:
        _numbers(file)
    except Exception as error:  # whatever a torn file holds
        logger.warning("metrics: %s cannot be read: %s", file.name, type(error).__name__)
        return False
    return True


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keeps other readers out, in this process and in others: one may move numbers while another reads them."""
    with _lock, (folder / "lock").open("a") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
