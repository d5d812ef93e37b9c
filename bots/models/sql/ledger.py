"""The statements of the ledger: reserves and spends. All of them are safe in several processes at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from bots.models.spending import Balance, Reservation

_BALANCE, _RESERVATION = Balance._meta.db_table, Reservation._meta.db_table


def reserve(balance_id: int, amount: int, ceiling: int) -> bool:
    """Reserves an amount of a balance. Returns False when the limit has no room for it, or there is no such balance."""
    sql = (
        f"UPDATE {_BALANCE} SET reserved=reserved+%s, ceiling=%s"  # noqa: S608
        " WHERE id=%s AND spent+reserved<=%s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [amount, ceiling, balance_id, ceiling - amount])
        return bool(cursor.rowcount == 1)


def spend(balance_id: int, amount: int, reserved: int) -> None:
    """Adds what was spent to a balance, in place of what was reserved."""
    sql = f"UPDATE {_BALANCE} SET spent=spent+%s, reserved=reserved-%s WHERE id=%s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [amount, reserved, balance_id])


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
