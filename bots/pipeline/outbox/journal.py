"""Journals the steps of each send, so that another process can tell how far the sends of a killed one got.

A database commit after every step would be too slow, and could still not cover the critical moment: the platform has
the message and the row is not updated yet. So each process appends a short line per step to a file of its own. A
write() survives SIGKILL; only a power cut loses it. The process that releases a dead worker's claims reads the last
line of each row:

    (no line) or "b"   the request had not left this machine: send again
    "w"                the request was written whole, no response seen: sent, unconfirmed (sent again where the platform
                       drops duplicates by an idempotency key)
    "s <message id>"   the platform accepted it: sent
    "f"                the platform refused it: retry

The file is read by processes that share this home. `shared_journal` tells other nodes "b" and "w".
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from bots.pipeline.outbox import shared_journal
from bots.pipeline.outbox.shared_journal import SharedJournal
from bots.pipeline.queue import workers

ROTATE_BYTES = 1_000_000
_STEPS = frozenset("bwsf")
_SHARED_STEPS = frozenset("bwf")


@dataclass(frozen=True, slots=True)
class Mark:
    """The last journaled step of an outbox row. `attempt` tells a stale line from a current one."""

    attempt: int
    step: str
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """The last marks of a worker by row. `complete`: a row without a mark was not begun."""

    by_row: dict[int, Mark]
    complete: bool


def _folder() -> Path:
    folder: Path = Path(settings.CLAWDBOT.home) / "journal"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


class Journal:
    """The append-only journal of a process. Rotation rewrites it with only the sends in flight."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._in_flight: dict[int, bytes] = {}
        self._shared = SharedJournal(path.name)
        self._file = self._open(path)
        self._size = 0

    @staticmethod
    def _open(path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, row_id: int, attempt: int, step: str, message_id: str = "") -> None:
        line = f"{row_id} {attempt} {step} {message_id}".rstrip().encode() + b"\n"
        with self._lock:
            self._in_flight[row_id] = line
            self._size += os.write(self._file, line)
        if step in _SHARED_STEPS:
            self._shared.note(row_id, attempt, step)

    def discard(self, row_id: int) -> None:
        """Drops the row's line at the next rotation; call it when the row's outcome is committed."""
        with self._lock:
            self._in_flight.pop(row_id, None)
            self._shared.discard(row_id)
            if self._size > ROTATE_BYTES:
                self._rotate()

    def close(self) -> None:
        """Closes the file; `note` fails afterwards."""
        os.close(self._file)

    def _rotate(self) -> None:
        fresh = self._path.with_suffix(".new")
        file = self._open(fresh)
        self._size = os.write(file, b"".join(self._in_flight.values()))
        os.replace(fresh, self._path)
        os.close(self._file)
        self._file = file


_lock = threading.Lock()
_journals: dict[str, Journal] = {}


def current() -> Journal:
    """Returns this process's journal; opens it on first use."""
    worker_id = workers.current()
    with _lock:
        if worker_id not in _journals:
            _journals[worker_id] = Journal(_folder() / worker_id)
        return _journals[worker_id]


def clear_cache() -> None:
    """Closes all journals; the next use opens them again. The files stay."""
    with _lock:
        while _journals:
            _journals.popitem()[1].close()


def read(worker_id: str) -> Marks | None:
    """Returns the last marks of a (dead) worker; None when nothing is known, as of a node whose Redis was flushed.

    Raises:
        Unreadable: The worker ran elsewhere, and Redis does not answer now.
    """
    try:
        text = (_folder() / worker_id).read_text("utf8", errors="replace")
    except FileNotFoundError:
        steps = shared_journal.read(worker_id)
        if steps is None:
            return None
        return Marks({row_id: Mark(attempt, step) for row_id, (attempt, step) in steps.items()}, complete=False)
    marks: dict[int, Mark] = {}
    for line in text.splitlines():
        row_id, _, rest = line.partition(" ")
        attempt, _, rest = rest.partition(" ")
        step, _, message_id = rest.partition(" ")
        if row_id.isdigit() and attempt.isdigit() and step in _STEPS:  # skips a torn last line
            marks[int(row_id)] = Mark(int(attempt), step, message_id)
    return Marks(marks, complete=True)


def remove(worker_id: str) -> None:
    """Deletes a dead worker's journal once its claims are settled."""
    (_folder() / worker_id).unlink(missing_ok=True)
    shared_journal.remove(worker_id)
