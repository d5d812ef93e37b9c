"""The statements of the ledger: reserves and spends. All of them are safe in several processes at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime

from django.db import connection, transaction

from bots.models.spending import Balance, Reservation, Unit

Taken = tuple[int, int, int, int]  # id of a balance, amount, limit, and what may be spent and reserved with it

_BALANCE, _RESERVATION = Balance._meta.db_table, Reservation._meta.db_table
_RESERVE = f"UPDATE {_BALANCE} SET reserved=reserved+%s, ceiling=%s WHERE id=%s AND spent+reserved<=%s"  # noqa: S608
_SPEND = f"UPDATE {_BALANCE} SET spent=spent+%s, reserved=reserved-%s WHERE id=%s"  # noqa: S608
_COLUMNS = "(kind, owner, bot_id, unit, period, spent, reserved, ceiling, refused, ends_at)"
_ONE_MORE = (
    " ON CONFLICT (kind, owner, unit, period)"
    f" DO UPDATE SET spent={_BALANCE}.spent+1, ceiling=excluded.ceiling WHERE {_BALANCE}.spent<%s"
)
_COUNT = f"INSERT INTO {_BALANCE} {_COLUMNS} VALUES (%s, %s, %s, %s, %s, 1, 0, %s, 0, %s){_ONE_MORE}"  # noqa: S608
# PostgreSQL, as a transaction of its own that does not wait for the disk, in one round trip.
_COUNT_ALONE = (
    f"INSERT INTO {_BALANCE} {_COLUMNS} SELECT %s, %s, %s::bigint, %s, %s, 1, 0, %s::bigint, 0, %s::timestamptz"  # noqa: S608
    f" FROM (SELECT set_config('synchronous_commit', 'off', true)) AS local WHERE local IS NOT NULL{_ONE_MORE}"
)


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
        with _less_synchronous(), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO OFF")
            yield


@contextmanager
def _less_synchronous() -> Iterator[None]:
    """Lets SQLite not wait for the disk; for the outside of a transaction."""
    connection.ensure_connection()
    connection.connection.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        if connection.connection is not None:
            connection.connection.execute("PRAGMA synchronous=FULL")


def reserve(balances: Sequence[Taken]) -> bool:
    """Reserves an amount of each of these balances, in this order.

    Returns:
        False when a limit has no room, or a balance is missing. Some of them may be reserved then: roll back.
    """
    rows = [(amount, ceiling, balance, most - amount) for balance, amount, ceiling, most in balances]
    with connection.cursor() as cursor:
        cursor.executemany(_RESERVE, rows)  # one round trip, in the order of the rows
        return bool(cursor.rowcount == len(rows))


def count_message(kind: str, owner: str, bot_id: int, period: str, ends_at: datetime, ceiling: int) -> bool:
    """Counts a message of an owner in a minute; opens the balance when there is none. Returns False without room.

    Outside a transaction it does not wait for the disk, as within `unflushed`, and costs less.
    """
    ends = Balance._meta.get_field("ends_at").get_db_prep_save(ends_at, connection)
    is_file = connection.vendor == "sqlite"
    alone = _less_synchronous() if is_file and not connection.in_atomic_block else nullcontext()
    with alone, connection.cursor() as cursor:
        sql = _COUNT if is_file or connection.in_atomic_block else _COUNT_ALONE
        cursor.execute(sql, [kind, owner, bot_id, Unit.MESSAGES.value, period, ceiling, ends, ceiling])
        return bool(cursor.rowcount == 1)


def spend(balances: Sequence[tuple[int, int, int]]) -> bool:
    """Adds what was spent to balances, in place of what was reserved, in this order.

    Args:
        balances: Id, what was spent, and what was reserved.

    Returns:
        False when a balance is missing; the others are changed.
    """
    with connection.cursor() as cursor:
        cursor.executemany(_SPEND, [(amount, held, balance) for balance, amount, held in balances])
        return bool(cursor.rowcount == len(balances))


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
