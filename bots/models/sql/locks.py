"""Reads a value of a row under a lock that holds until the transaction ends."""

from __future__ import annotations

from typing import Any

from django.db import connection, models

# SQLite admits one writer at a time and needs no row lock.
_SHARED = {"postgresql": " FOR SHARE", "mysql": " LOCK IN SHARE MODE"}
_EXCLUSIVE = {"postgresql": " FOR UPDATE", "mysql": " FOR UPDATE"}


def read_locked(model: type[models.Model], column: str, pk: Any, *, exclusive: bool) -> Any | None:
    """Returns the value of a column of the row with this key; None when there is no such row.

    Args:
        model: The model to read.
        column: The column, which must not be nullable. Its value is returned as the database driver gives it.
        pk: The primary key of the row.
        exclusive: Lock the row for update; else share the lock, which blocks only writers.
    """
    lock = (_EXCLUSIVE if exclusive else _SHARED).get(connection.vendor, "")
    sql = f"SELECT {column} FROM {model._meta.db_table} WHERE id=%s{lock}"  # noqa: S608  names of our own
    with connection.cursor() as cursor:
        cursor.execute(sql, [pk])
        found = cursor.fetchone()
    return found[0] if found is not None else None
