"""Django's SQLite back end in which writers wait for a lock instead of polling.

SQLite allows one write transaction at a time. A second writer polls: it sleeps in steps that grow to 100 ms although
the lock may be free for most of that time. With several threads and processes, these sleeps took more time than
everything else, and some writers failed with "database is locked". Here a writer first takes a lock of its process and
then a file lock of the machine; both wake the next writer at once. The operating system releases both when a process
is killed. SQLite itself still locks out writers that do not use this back end.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from typing import Any

from django.db.backends.sqlite3 import base

_CHECKPOINT_MS = 2000
_guard = threading.Lock()
_locks: dict[str, _WriteLock] = {}


class _WriteLock:
    """Write lock of one database file in this process."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = threading.Lock()
        self._file: int | None = None
        self._pid = 0

    def acquire(self) -> None:
        self._thread.acquire()
        try:
            if self._file is None or self._pid != os.getpid():  # a forked child must not share its parent's lock
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                self._pid = os.getpid()
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._thread.release()
            raise

    def release(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._thread.release()


def _lock_of(path: str) -> _WriteLock:
    with _guard:
        return _locks.setdefault(path, _WriteLock(path))


class DatabaseWrapper(base.DatabaseWrapper):
    """Acquires the write lock at BEGIN and releases it at COMMIT, ROLLBACK or close."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._held: _WriteLock | None = None

    def get_new_connection(self, conn_params: Any) -> Any:
        """Connects. Creates a missing file with mode 600, which SQLite copies to its journal files."""
        path = str(conn_params["database"])
        if not path.startswith("file:") and path != ":memory:":
            with contextlib.suppress(OSError):  # SQLite reports a bad path itself
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        return super().get_new_connection(conn_params)

    def overwrite_deleted(self) -> bool:
        """Copies the WAL into the database file and truncates it, so that neither contains deleted data.

        Returns:
            False while another connection reads; a later checkpoint then truncates the WAL.
        """
        with self.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout={_CHECKPOINT_MS}")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                return not cursor.fetchone()[0]
            finally:
                cursor.execute(f"PRAGMA busy_timeout={round(self.settings_dict['OPTIONS'].get('timeout', 5) * 1000)}")

    def _start_transaction_under_autocommit(self) -> None:
        name = str(self.settings_dict["NAME"])
        if ":memory:" not in name and "mode=memory" not in name:
            lock = _lock_of(f"{name}.lock")
            lock.acquire()
            self._held = lock
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # missing in the stubs
        except BaseException:
            self._release_lock()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            if not self.in_transaction():
                self._release_lock()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._release_lock()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._release_lock()

    def in_transaction(self) -> bool:
        """Returns whether a transaction is open in SQLite; after a failed commit it still is."""
        return self.connection is not None and bool(self.connection.in_transaction)

    def _release_lock(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.release()
