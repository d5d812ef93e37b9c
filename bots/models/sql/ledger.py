"""The statements of the ledger: reserves and spends. All of them are safe in several processes at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from bots.models.spending import Balance, Reservation

_BALANCE, _RESERVATION = Balance._meta.db_table, Reservation._meta.db_table


@contextmanager
def unflushed() -> Iterator[None]:
    """Opens a transaction whose commit does not wait for the disk, for what only holds while its process lives.

    Other processes see it at once, and it survives the end of this process. It is lost, as a whole, when the machine or
    the database server ends within the next second; then no call is under way any more.
    """
    if connection.in_atomic_block:  # a part of another transaction, which waits
        with transaction.atomic():
            yield
    elif connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.execute("PRAGMA synchronous=NORMAL")  # not within a transaction
        try:
            with transaction.atomic():
                yield
        finally:
            if connection.connection is not None:
                connection.connection.execute("PRAGMA synchronous=FULL")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO OFF")
            yield


def reserve(balance_id: int, amount: int, ceiling: int) -> bool:
    """Reserves an amount of a balance. Returns False when the limit has no room for it, or there is no such balance."""
    sql = (
        f"UPDATE {_BALANCE} SET reserved=reserved+%s, ceiling=%s"  # noqa: S608
        " WHERE id=%s AND spent+reserved<=%s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [amount, ceiling, balance_id, ceiling - amount])
        return bool(cursor.rowcount == 1)


def spend(balance_id: int, amount: int, reserved: int) -> bool:
    """Adds what was spent to a balance, in place of what was reserved. Returns False when there is no such balance."""
    sql = f"UPDATE {_BALANCE} SET spent=spent+%s, reserved=reserved-%s WHERE id=%s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [amount, reserved, balance_id])
        return bool(cursor.rowcount == 1)


def spend_within(balance_id: int, amount: int, ceiling: int) -> bool:
    """Adds an amount to what is spent of a balance. Returns False as `reserve` does."""
    sql = (
        f"UPDATE {_BALANCE} SET spent=spent+%s, ceiling=%s"  # noqa: S608
        " WHERE id=%s AND spent+reserved<=%s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [amount, ceiling, balance_id, ceiling - amount])
        return bool(cursor.rowcount == 1)


def note_reservation(key: str, holds: Sequence[tuple[int, int]], expires_at: datetime) -> bool:
    """Inserts a reservation. Returns False when there is one with this key."""
    field = Reservation._meta.get_field("expires_at")
    sql = f"INSERT INTO {_RESERVATION} (key, holds, expires_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [key, json.dumps(holds), field.get_db_prep_save(expires_at, connection)])
        return bool(cursor.rowcount == 1)


def end_reservation(key: str) -> bool:
    """Deletes a reservation. Returns False when it has expired and was swept."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_RESERVATION} WHERE key=%s", [key])  # noqa: S608
        return bool(cursor.rowcount == 1)
