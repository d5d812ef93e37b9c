"""The statements of both queues: claims the first row of a chat, finds the next, updates a claimed row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, connection, models, transaction

from bots.models.queue import InboundEvent, QueueRow
from bots.models.sql import clock, rows

Row = TypeVar("Row", bound=QueueRow)


def claim(model: type[Row], row_id: int, busy: str, owner: str) -> Row | None:
    """Claims a due row that is first of its chat: sets it from pending to `busy` in one statement.

    Args:
        model: The queue.
        row_id: The row to claim.
        busy: The state of claimed rows ("processing", "sending").
        owner: The worker that claims it.

    Returns:
        The claimed row; None when it is not due, not first of its chat, or not pending.
    """
    table = model._meta.db_table
    now = _adapted(model, "due_at", clock.now())
    sql = (
        f"UPDATE {table} SET state=%s, owner=%s, claimed_at=%s, attempts=attempts+1"  # noqa: S608  names of our own
        f" WHERE id=%s AND state='pending' AND due_at<=%s AND NOT EXISTS (SELECT 1 FROM {table} e"
        f" WHERE e.queue_key={table}.queue_key AND e.id<{table}.id AND e.state IN ('pending', '{busy}')"
        f"{_passed(model)})"
        f" RETURNING {rows.columns(model)}"
    )
    try:
        # in a transaction, because SQLite's writers queue only for transactions (clawdbot_site/sqlite)
        with transaction.atomic():
            return rows.first(model, sql, [busy, owner, now, row_id, now])
    except IntegrityError:  # two workers claimed two rows of one chat at once: the constraint admits one
        return None


def _passed(model: type[QueueRow]) -> str:
    """Returns the condition that leaves out earlier rows which the row may pass; see `bots.pipeline.windows`."""
    if model is not InboundEvent:
        return ""
    return f" AND NOT (e.gathers AND e.state='pending' AND {model._meta.db_table}.overtakes)"


def next_waiting(model: type[QueueRow], queue_key: str, busy: str) -> int | None:
    """Returns the id of the first pending row of a chat that is due."""
    sql = (
        f"SELECT id FROM {model._meta.db_table} WHERE queue_key=%s AND state='pending' AND due_at<=%s"  # noqa: S608
        f" AND state IN ('pending', '{busy}') ORDER BY id LIMIT 1"  # repeats the condition of the partial index
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [queue_key, _adapted(model, "due_at", clock.now())])
        found = cursor.fetchone()
    return int(found[0]) if found else None


def open_rows(model: type[QueueRow], queue_key: str, busy: str) -> list[int]:
    """Returns the ids of the open rows of a chat, in order."""
    sql = (
        f"SELECT id FROM {model._meta.db_table} WHERE queue_key=%s"  # noqa: S608
        f" AND state IN ('pending', '{busy}') ORDER BY id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [queue_key])
        return [int(found[0]) for found in cursor.fetchall()]


def waiting_ids(model: type[QueueRow], queue_key: str, busy: str, *, after: int, limit: int) -> list[int]:
    """Returns the ids of the pending rows of a chat behind the row `after`, oldest first, due or not."""
    sql = (
        f"SELECT id FROM {model._meta.db_table} WHERE queue_key=%s AND id>%s AND state='pending'"  # noqa: S608
        f" AND state IN ('pending', '{busy}') ORDER BY id LIMIT %s"  # repeats the condition of the partial index
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [queue_key, after, limit])
        return [int(pk) for (pk,) in cursor.fetchall()]


def open_rows_of_prefix(model: type[QueueRow], prefix: str, busy: str) -> list[tuple[int, str]]:
    """Returns (id, state) of the pending and claimed rows whose queue key begins with `prefix`, oldest first."""
    sql = (
        f"SELECT id, state, queue_key FROM {model._meta.db_table}"  # noqa: S608
        f" WHERE state IN ('pending', '{busy}') AND queue_key LIKE %s ESCAPE '!' ORDER BY id"
    )
    pattern = prefix.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
    with connection.cursor() as cursor:
        cursor.execute(sql, [pattern])
        # SQLite compares without regard to case.
        return [(int(pk), str(state)) for pk, state, key in cursor.fetchall() if key.startswith(prefix)]


def is_queue_free(model: type[QueueRow], queue_key: str, busy: str) -> bool:
    """Returns whether the chat has no pending and no claimed row."""
    sql = f"SELECT 1 FROM {model._meta.db_table} WHERE queue_key=%s AND state IN ('pending', '{busy}') LIMIT 1"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [queue_key])
        return cursor.fetchone() is None


def claims_of(model: type[QueueRow], busy: str, owner: str) -> list[tuple[int, int]]:
    """Returns (id, attempts) of the rows that this worker has claimed."""
    sql = (
        f"SELECT id, attempts FROM {model._meta.db_table} WHERE state='{busy}' AND owner=%s"  # noqa: S608
        f" AND state IN ('pending', '{busy}')"  # repeats the condition of the partial index
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [owner])
        # Sorted here: for an ORDER BY, SQLite reads all rows in the order of their ids.
        return sorted((int(row_id), int(attempts)) for row_id, attempts in cursor.fetchall())


def update_claimed(row: QueueRow, busy: str, values: Mapping[str, Any]) -> bool:
    """Updates a row while this worker's claim on it holds. Returns False when the claim is lost.

    `attempts` is the fencing token: a worker that was presumed dead cannot close a row that another one has claimed.
    """
    model = type(row)
    fields = [model._meta.get_field(name) for name in values]
    assignments = ", ".join(f"{field.column}=%s" for field in fields)  # type: ignore[union-attr]  # concrete fields
    sql = (
        f"UPDATE {model._meta.db_table} SET {assignments}"  # noqa: S608
        " WHERE id=%s AND state=%s AND owner=%s AND attempts=%s"
    )
    adapted = [_adapted(model, name, value) for name, value in values.items()]
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(sql, [*adapted, row.pk, busy, row.owner, row.attempts])
        return bool(cursor.rowcount == 1)


def _adapted(model: type[models.Model], name: str, value: Any) -> Any:
    field: Any = model._meta.get_field(name)
    return field.get_db_prep_save(value, connection)
