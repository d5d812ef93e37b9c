"""One value of a row, read under a lock that holds until the transaction ends."""

from __future__ import annotations

from typing import Any

from django.db import connection, models

# SQLite knows one writer at a time, which is lock enough.
_SHARED = {"postgresql": " FOR SHARE", "mysql": " LOCK IN SHARE MODE"}
_EXCLUSIVE = {"postgresql": " FOR UPDATE", "mysql": " FOR UPDATE"}


def read_locked(model: type[models.Model], column: str, pk: Any, *, exclusive: bool) -> Any | None:
    """The value of a column of the row with this key; None when there is no such row.

    Args:
        model: what to read.
        column: its value is given back as the database has it; it must not be null.
        pk: which row.
        exclusive: nobody else may hold the row meanwhile; else only nobody may change it.
    """
    lock = (_EXCLUSIVE if exclusive else _SHARED).get(connection.vendor, "")
    sql = f"SELECT {column} FROM {model._meta.db_table} WHERE id=%s{lock}"  # noqa: S608  names of our own
    with connection.cursor() as cursor:
        cursor.execute(sql, [pk])
        found = cursor.fetchone()
    return found[0] if found is not None else None
