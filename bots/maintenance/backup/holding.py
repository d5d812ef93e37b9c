"""The statements that hold what was pending, run on a restored database before anything can read it.

What waited when the backup was made may have been done since. So it is not sent or answered again by itself: the rows
get the state "held", or lose the time at which they are looked at. `bots.operations.restored` lists, releases and drops
them. The statements work on databases of older versions, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from bots.maintenance.backup.errors import BackupError
from bots.models import Worker
from clawdbot.reasons import Reason

# A worker whose heartbeat is older has ended.
FRESH = timedelta(seconds=25)

# Table, statement. {now}: the time of the restore.
_HELD = (
    ("bots_inboundevent", "UPDATE bots_inboundevent SET state='held' WHERE state IN ('pending', 'processing')"),
    ("bots_outboundmessage", "UPDATE bots_outboundmessage SET state='held' WHERE state IN ('pending', 'sending')"),
    # What was due between the backup and the restore was perhaps delivered.
    ("bots_schedule", "UPDATE bots_schedule SET next_at=NULL WHERE state='active' AND next_at <= {now}"),
    (
        "bots_broadcast",
        "UPDATE bots_broadcast SET due_at=NULL WHERE state='sending' OR (state='scheduled' AND due_at <= {now})",
    ),
    # An open question is not asked a second time; it is set aside at its time.
    (
        "bots_dialogtimer",
        "UPDATE bots_dialogtimer SET state='park', due_at=COALESCE(park_at, due_at)"
        " WHERE state='remind' AND due_at <= {now}",
    ),
    # Process ids of another time: one of them may be that of a living process now.
    ("bots_worker", "DELETE FROM bots_worker"),
    (
        "bots_backuprun",
        "UPDATE bots_backuprun SET state='failed', finished_at={now}, error_code='backup_interrupted'"
        " WHERE state='running'",
    ),
)


def statements(tables: Iterable[str], now: datetime) -> list[str]:
    """Returns the statements for a database with these tables."""
    known = set(tables)
    text = f"'{now.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ', timespec='microseconds')}'"
    return [statement.format(now=text) for table, statement in _HELD if table in known]


def hold(now: datetime) -> None:
    """Holds what was pending in this installation's database, which came back to an earlier moment by other means.

    Raises:
        BackupError: Processes of the product use it.
    """
    if Worker.objects.filter(beat_at__gt=now - FRESH).exists():
        raise BackupError(Reason("backup_database_in_use"))
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements(connection.introspection.table_names(cursor), now):
            cursor.execute(statement)


def script(now: datetime) -> str:
    """Returns the statements as a script of PostgreSQL that skips tables which do not exist."""
    found = ["SET LOCAL TIME ZONE 'UTC';", "DO $held$ BEGIN"]
    for table, statement in zip((table for table, _ in _HELD), statements((t for t, _ in _HELD), now), strict=True):
        found.append(f"IF to_regclass('public.{table}') IS NOT NULL THEN")
        found.append(
            statement.replace(f" {table} ", f" public.{table} ", 1).replace(f"FROM {table}", f"FROM public.{table}")
            + ";"
        )
        found.append("END IF;")
    return "\n".join([*found, "END $held$;", ""])
