"""Keeps SQLite's write-ahead logs small.

SQLite copies the log into the database by itself, but a long read or a backup keeps it from starting the log anew, and
then the file grows and stays as large as it ever was. Where it has grown, this copies all of it and truncates it.
"""

from __future__ import annotations

import logging
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

from memory import database

logger = logging.getLogger(__name__)

LARGE_BYTES = 16 * 2**20  # twice as much as the log has between two checkpoints of its own


def wal_bytes(alias: str) -> int:
    """Returns the size of the write-ahead log of a database; 0 when it has none."""
    if connections[alias].vendor != "sqlite":
        return 0
    try:
        return Path(f"{connections[alias].settings_dict['NAME']}-wal").stat().st_size
    except OSError:
        return 0


def truncate_large(limit: int = LARGE_BYTES) -> list[str]:
    """Truncates write-ahead logs that are larger than `limit` bytes; returns the aliases of those that are small now.

    One that is in use stays: the next call tries again.
    """
    done = []
    for alias in sorted({DEFAULT_DB_ALIAS, database.alias()}):
        size = wal_bytes(alias)
        if size <= limit:
            continue
        try:
            emptied = connections[alias].overwrite_deleted()  # type: ignore[attr-defined]  # of clawdbot_site.sqlite
        except DatabaseError as error:  # a full disk
            logger.warning("the write-ahead log of %s (%d MB) stays: %s", alias, size >> 20, error)
            continue
        if emptied:
            done.append(alias)
        else:
            logger.info("the write-ahead log of %s (%d MB) is in use and is truncated later", alias, size >> 20)
    return done
