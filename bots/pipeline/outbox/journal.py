"""What a process was doing with each send when it was killed.

A database commit after every step would be too slow, and the moment that matters lies between two of them: the
platform has the message, the row does not know yet. So each process appends a short line per step to a file of its own
(a write() survives SIGKILL; only a power cut loses it). Whoever frees the dead worker's claims reads it:

    (no line) or "b"   the request had not left this machine: send again
    "w"                the request was written whole, no answer seen: sent, unconfirmed (sent again where the platform
                       drops doubles by an idempotency key)
    "s <message id>"   the platform said yes: sent
    "f"                the platform said no: try again
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from bots.pipeline.queue import workers

ROTATE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Mark:
    """The last step that was noted for one outbox row. `attempt` tells a stale note from a fresh one."""

    attempt: int
    step: str
    message_id: str = ""


def _folder() -> Path:
    folder: Path = Path(settings.CLAWDBOT.home) / "journal"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


class Journal:
    """Append-only notes of this process; rewritten with only the sends in flight when it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._in_flight: dict[int, bytes] = {}
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

    def discard(self, row_id: int) -> None:
        """The row itself knows the outcome now (committed)."""
        with self._lock:
            self._in_flight.pop(row_id, None)
            if self._size > ROTATE_BYTES:
                self._rotate()

    def close(self) -> None:
        """Nothing can be noted afterwards."""
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
    """This process's journal."""
    worker_id = workers.current()
    with _lock:
        if worker_id not in _journals:
            _journals[worker_id] = Journal(_folder() / worker_id)
        return _journals[worker_id]


def clear_cache() -> None:
    """Opens this process's journal afresh at the next note; the files stay."""
    with _lock:
        while _journals:
            _journals.popitem()[1].close()


def read(worker_id: str) -> dict[int, Mark] | None:
    """The last mark per outbox row of a (dead) worker; None when it left no journal on this machine."""
    try:
        text = (_folder() / worker_id).read_text("utf8", errors="replace")
    except FileNotFoundError:
        return None
    marks: dict[int, Mark] = {}
    for line in text.splitlines():
        row_id, _, rest = line.partition(" ")
        attempt, _, rest = rest.partition(" ")
        step, _, message_id = rest.partition(" ")
        if row_id.isdigit() and attempt.isdigit() and step in {"b", "w", "s", "f"}:  # a torn last line is no news
            marks[int(row_id)] = Mark(int(attempt), step, message_id)
    return marks


def remove(worker_id: str) -> None:
    """Deletes a dead worker's journal once its claims are settled."""
    (_folder() / worker_id).unlink(missing_ok=True)
