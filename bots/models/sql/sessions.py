"""Reads which sessions other processes have open on a PostgreSQL database."""

from __future__ import annotations

from typing import Any

from django.db import connections

NAME = "clawdbot "  # begins the application_name of every connection; the version follows

_SESSIONS = """
    SELECT substr(application_name, %s), coalesce(host(client_addr), 'local'), count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE %s
    GROUP BY 1, 2 ORDER BY 1, 2
"""


def by_version(alias: str) -> list[tuple[str, str, int]]:
    """Returns (version, address, number) of the sessions of the product; [] where the database has no server.

    Raises:
        DatabaseError: The database cannot be used.
    """
    held: Any = connections[alias]
    if held.vendor != "postgresql":
        return []
    with held.cursor() as cursor:
        cursor.execute(_SESSIONS, [len(NAME) + 1, f"{NAME}%"])
        return [(str(version), str(address), int(number)) for version, address, number in cursor.fetchall()]


def rows_of(alias: str, tables: list[str]) -> dict[str, int]:
    """Returns the number of rows of those of the tables that exist. PostgreSQL estimates it, because counting is slow.

    Raises:
        DatabaseError: The database cannot be used.
    """
    held: Any = connections[alias]
    known = set(held.introspection.table_names())
    found: dict[str, int] = {}
    with held.cursor() as cursor:
        for table in tables:
            if table not in known:
                continue
            estimate = -1
            if held.vendor == "postgresql":
                cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [f'"{table}"'])
                estimate = int(cursor.fetchone()[0])
            if estimate < 0:  # never analysed
                cursor.execute(f"SELECT count(*) FROM {held.ops.quote_name(table)}")  # noqa: S608  a table that exists
                estimate = int(cursor.fetchone()[0])
            found[table] = estimate
    return found
