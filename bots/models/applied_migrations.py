"""Compares the migrations of the databases with those of this version, and lets one process migrate at a time."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.migrations.loader import MigrationLoader

from memory import database

_LOCK = 0x436C6177  # of PostgreSQL's advisory locks; any number that no other lock has


def aliases() -> list[str]:
    """Returns the databases of the product: the main one, and the memories' if they have their own."""
    return list(dict.fromkeys((DEFAULT_DB_ALIAS, database.alias())))


def unknown() -> list[str]:
    """Returns the migrations that a newer version has applied: "app.name", for apps of this installation.

    Raises:
        DatabaseError: A database cannot be used.
    """
    found = []
    for alias in aliases():
        loader = MigrationLoader(connections[alias])
        replaced = {old for migration in loader.disk_migrations.values() for old in migration.replaces}
        strange = set(loader.applied_migrations) - set(loader.disk_migrations) - replaced
        found += [f"{app}.{name}" for app, name in sorted(strange) if app in loader.migrated_apps]
    return found


@contextlib.contextmanager
def alone(waits: Callable[[], None]) -> Iterator[None]:
    """Holds the lock of migrations, which the processes of all machines share on PostgreSQL, else those of one home.

    Two processes that migrate at the same time make the same tables, and one of them fails.

    Args:
        waits: Called when another process has the lock, before waiting for it.
    """
    held: Any = connections[DEFAULT_DB_ALIAS]
    with _on_server(held, waits) if held.vendor == "postgresql" else _on_machine(waits):
        yield


@contextlib.contextmanager
def _on_server(held: Any, waits: Callable[[], None]) -> Iterator[None]:
    # A connection of its own, and a lock of a transaction: both hold behind a pooler such as PgBouncer, too.
    mine = held.copy(alias="migration_lock")
    connections["migration_lock"] = mine
    try:
        with transaction.atomic(using="migration_lock"), mine.cursor() as cursor:
            # Nothing happens in this transaction while migrations run, for as long as they take.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                waits()
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            yield
    finally:
        mine.close()
        mine.close_pool()
        del connections["migration_lock"]


@contextlib.contextmanager
def _on_machine(waits: Callable[[], None]) -> Iterator[None]:
    folder = settings.HOME / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "migrate.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
