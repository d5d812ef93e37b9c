"""Django's SQLite back end, with writers waiting in a queue instead of knocking.

SQLite lets one transaction write at a time. Who comes second sleeps and tries again, in steps that grow to 100 ms,
while the lock may have been free for most of that time; with several threads and processes at work more time went into
these sleeps than into everything else, and the unlucky met "database is locked". Here a writer first takes a lock of
its process and then a file lock of the machine, both of which wake the next one at once. A process that is killed
leaves neither behind. Whoever writes without it (another tool) is still kept apart by SQLite itself.
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
    """One per database file and process."""

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
    """Takes the write lock at BEGIN and gives it back at COMMIT, ROLLBACK or close."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._held: _WriteLock | None = None

    def get_new_connection(self, conn_params: Any) -> Any:
        """As Django's; a file that is not there yet is made for its owner alone, and SQLite's others follow it."""
        path = str(conn_params["database"])
        if not path.startswith("file:") and path != ":memory:":
            with contextlib.suppress(OSError):  # SQLite itself says what is wrong with the place
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        return super().get_new_connection(conn_params)

    def overwrite_deleted(self) -> bool:
        """Carries the log over into the file and empties it, so that neither holds what was deleted.

        False: another connection is in the middle of reading; the log goes with a later checkpoint.
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
            self._let_go()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            if not self.in_transaction():
                self._let_go()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._let_go()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._let_go()

    def in_transaction(self) -> bool:
        """Whether SQLite still has a transaction open (a commit that failed leaves it so)."""
        return self.connection is not None and bool(self.connection.in_transaction)

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.release()
