"""The clock of the queues: the same for all processes, also when the clocks of their machines differ."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

READ_EVERY_S = 30.0

_read: tuple[float, datetime] | None = None  # (monotonic seconds, time of the database)


def now() -> datetime:
    """Returns the time of the database server. SQLite has no server: there it is the time of this machine."""
    global _read
    if connection.vendor != "postgresql":
        return timezone.now()
    known, moment = _read, time.monotonic()
    if known is None or moment - known[0] > READ_EVERY_S:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                # Counted from before the query, so that this clock is never behind one that agrees with the database.
                known = _read = (moment, cursor.fetchone()[0])
        except DatabaseError:
            if known is None:
                raise
    return known[1] + timedelta(seconds=time.monotonic() - known[0])


def clear_cache() -> None:
    """Reads the time of the database again at the next use."""
    global _read
    _read = None
