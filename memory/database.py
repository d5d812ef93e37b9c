"""The database that holds the memory app's tables: `default`, or one of its own.

Everything in this app that writes SQL, opens a transaction or waits for a commit asks here; querysets are sent to the
right place by the router (`clawdbot_site.routers`).
"""

from __future__ import annotations

from collections.abc import Callable
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


def close_if_broken() -> None:
    """Drops this thread's connection when it no longer works, so that the next query opens another."""
    if separate():
        connection().close_if_unusable_or_obsolete()


def atomic(*, savepoint: bool = True) -> transaction.Atomic:
    """`transaction.atomic` of the memory database."""
    return transaction.atomic(using=alias(), savepoint=savepoint)


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
