"""Looks in the database for values that an encryption key protects, before Django is set up."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

_CONNECT_S = 5
# Tables and columns of `bots.maintenance.reencryption`.
COLUMNS = (
    ("bots_channel", "credentials_encrypted"),
    ("bots_modelprovider", "api_key_encrypted"),
    ("memory_embedderchoice", "api_key_encrypted"),
    ("bots_alarmtarget", "secret_encrypted"),
)


class Unknown(Exception):
    """The database cannot be asked. The text says why and holds no secret."""


def present(database: dict[str, Any]) -> bool:
    """Returns whether a database, as in Django's DATABASES, holds encrypted values.

    Raises:
        Unknown: The database cannot be reached.
    """
    if "sqlite" in database["ENGINE"]:
        return _in_sqlite(Path(str(database["NAME"])))
    return _in_postgresql(database)


def _query(table: str, column: str) -> str:
    return f"SELECT 1 FROM {table} WHERE {column} <> '' LIMIT 1"  # noqa: S608  names of our own


def _in_sqlite(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_CONNECT_S)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            known = [(table, column) for table, column in COLUMNS if table in tables]
            return any(connection.execute(_query(table, column)).fetchone() for table, column in known)
    except sqlite3.Error as error:
        raise Unknown(f"{path.name}: {error}") from None


def _in_postgresql(database: dict[str, Any]) -> bool:
    import psycopg

    values = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    options: dict[str, Any] = {name: database.get(key) for name, key in values.items() if database.get(key)}
    try:
        with psycopg.connect(**options, connect_timeout=_CONNECT_S) as connection:
            for table, column in COLUMNS:
                if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
                    continue
                if connection.execute(_query(table, column)).fetchone():
                    return True
    except psycopg.Error as error:
        raise Unknown(type(error).__name__) from None
    return False
