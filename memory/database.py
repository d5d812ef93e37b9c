"""Names the database that holds the memory app's tables: `default`, or a separate one.

Code of this app that executes SQL, opens a transaction or waits for a commit uses this module. The router
(`clawdbot_site.routers`) directs querysets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction

ALIAS = "memory"


def alias() -> str:
    """Returns the alias of the memory database in `DATABASES`."""
    return ALIAS if ALIAS in connections.settings else DEFAULT_DB_ALIAS


def mongodb() -> bool:
    """Tells whether the rows of memory are in MongoDB; all other tables of this app are in the main database."""
    return bool(settings.MEMORY_MONGODB)


def separate() -> bool:
    """Tells whether the memory has a separate database: then neither a join nor a transaction spans both."""
    return mongodb() or alias() != DEFAULT_DB_ALIAS


def home_of(model: Any) -> str:
    """Returns the alias of the database that holds the rows of a model of this app; "mongodb" for memories there."""
    return "mongodb" if mongodb() and model._meta.label == "memory.MemoryEntry" else alias()


def connection() -> Any:
    """Returns this thread's connection to the memory database."""
    return connections[alias()]


def vendor() -> str:
    """Returns the kind of database: sqlite, postgresql, mysql (also for MariaDB) or mongodb."""
    return "mongodb" if mongodb() else str(connection().vendor)


def reader() -> Any:
    """Returns a cursor for reading many rows: PostgreSQL sends numbers, timestamps and vectors to it in binary format.

    Every database returns JSON as text.
    """
    held = connection()
    if held.vendor != "postgresql":
        return held.cursor()
    import psycopg
    from psycopg.types.json import set_json_loads

    held.ensure_connection()
    plain: Any = psycopg.Cursor(held.connection)
    plain.format = psycopg.pq.Format.BINARY
    set_json_loads(_text, plain)
    return held.make_debug_cursor(plain) if held.queries_logged else held.make_cursor(plain)


def among(column: str, values: Sequence[int]) -> tuple[str, list[object]]:
    """Returns the condition "`column` is one of `values`" and its parameters.

    PostgreSQL parses one array parameter faster than many placeholders.
    """
    if vendor() == "postgresql":
        return f"{column} = ANY(%s)", [list(values)]
    return f"{column} IN ({', '.join(['%s'] * len(values))})", list(values)


def _text(document: str | bytes) -> str:
    return document if isinstance(document, str) else document.decode()


def close_if_broken() -> None:
    """Closes this thread's connection when it no longer works; the next query opens a new one."""
    if separate():
        connection().close_if_unusable_or_obsolete()


def atomic(*, savepoint: bool = True) -> transaction.Atomic:
    """Returns `transaction.atomic` of the memory database."""
    return transaction.atomic(using=alias(), savepoint=savepoint)


def atomic_of(other: str) -> transaction.Atomic:
    """Returns `transaction.atomic` of another database, for rows that this app locks but never writes."""
    return transaction.atomic(using=other)


def roll_back() -> None:
    """Marks the innermost transaction of the memory database: it is rolled back when its block ends."""
    transaction.set_rollback(True, using=alias())


def on_commit(then: Callable[[], object]) -> None:
    """Calls `then` after the memory database's current transaction commits; at once outside a transaction."""
    transaction.on_commit(then, using=alias())


def after_commit_of(other: str, then: Callable[[], object]) -> None:
    """Calls `then` after another database's current transaction commits; logs a failure, never raises it.

    A sweep must be able to repeat what `then` does, because the process may crash before the call.
    """
    transaction.on_commit(then, using=other, robust=True)
