"""The database that holds the memory app's tables: `default`, or one of its own.

Everything in this app that writes SQL, opens a transaction or waits for a commit asks here; querysets are sent to the
right place by the router (`clawdbot_site.routers`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

ALIAS = "memory"


def alias() -> str:
    """Under which name of `DATABASES` the memory lies."""
    return ALIAS if ALIAS in connections.settings else DEFAULT_DB_ALIAS


def separate() -> bool:
    """Whether the memory has a database of its own: then no join and no transaction reaches both."""
    return alias() != DEFAULT_DB_ALIAS


def connection() -> Any:
    """This thread's connection to the memory database."""
    return connections[alias()]


def vendor() -> str:
    """What kind of database that is: sqlite, postgresql or mysql (MariaDB too)."""
    return str(connection().vendor)


def reader() -> Any:
    """A cursor for reading many rows: PostgreSQL sends it numbers, moments and vectors as they are, not as text.

    JSON comes as text from every database.
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
    """`column` is one of these: the condition and its parameters. PostgreSQL reads one array faster than many marks."""
    if vendor() == "postgresql":
        return f"{column} = ANY(%s)", [list(values)]
    return f"{column} IN ({', '.join(['%s'] * len(values))})", list(values)


def _text(document: str | bytes) -> str:
    return document if isinstance(document, str) else document.decode()


def close_if_broken() -> None:
    """Drops this thread's connection when it no longer works, so that the next query opens another."""
    if separate():
        connection().close_if_unusable_or_obsolete()


def atomic(*, savepoint: bool = True) -> transaction.Atomic:
    """`transaction.atomic` of the memory database."""
    return transaction.atomic(using=alias(), savepoint=savepoint)


def atomic_of(other: str) -> transaction.Atomic:
    """`transaction.atomic` of another database, for rows that this app may not write but must lock."""
    return transaction.atomic(using=other)


def roll_back() -> None:
    """The innermost running transaction of the memory database will be undone when its block ends."""
    transaction.set_rollback(True, using=alias())


def on_commit(then: Callable[[], object]) -> None:
    """Calls `then` once the memory database's running transaction is committed; at once when there is none."""
    transaction.on_commit(then, using=alias())


def after_commit_of(other: str, then: Callable[[], object]) -> None:
    """Calls `then` once another database's running transaction is committed; a failure is logged, never raised.

    What `then` does must be found again by a sweep: a crash may come first.
    """
    transaction.on_commit(then, using=other, robust=True)
