"""Adds to sums that several processes keep in one table, without reading them first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def add(model: type[models.Model], key: Sequence[str], sums: Mapping[tuple[Any, ...], int]) -> None:
    """Adds to the column `amount` of the rows with these keys, in one statement; inserts missing rows.

    Rows are written in the order of their keys, so that processes that write at once wait and never deadlock.

    Args:
        model: Has the column `amount` and a unique constraint on `key`.
        key: Names of the fields of the key.
        sums: What to add, by the values of these fields; they can be ordered.
    """
    if not sums:
        return
    fields: list[Any] = [model._meta.get_field(name) for name in key]
    table, columns = model._meta.db_table, [str(field.column) for field in fields]
    values: list[Any] = []
    for given, amount in sorted(sums.items()):
        values += [field.get_db_prep_save(value, connection) for field, value in zip(fields, given, strict=True)]
        values.append(amount)
    row = f"({', '.join(['%s'] * (len(columns) + 1))})"
    added = f"ON CONFLICT ({', '.join(columns)}) DO UPDATE SET amount = {table}.amount + excluded.amount"
    sql = f"INSERT INTO {table} ({', '.join(columns)}, amount) VALUES {', '.join([row] * len(sums))} {added}"  # noqa: S608  names of our own
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
