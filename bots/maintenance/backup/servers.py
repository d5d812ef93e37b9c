"""Restores dumps into PostgreSQL and MariaDB, and makes scratch databases to try one out."""

from __future__ import annotations

import contextlib
import gzip
import secrets
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.db import DatabaseError, connections

from bots.maintenance.backup import holding, programs
from bots.maintenance.backup.archive import CHUNK
from bots.maintenance.backup.errors import BackupError
from clawdbot.reasons import Reason

# Tables and functions of the product, by the beginning of their names; others in the same schema stay.
_PREFIXES = ("auth", "axes", "bots", "django", "memory", "skills")
_WIPE = """
SET client_min_messages = warning;
DO $wipe$ DECLARE one record; BEGIN
FOR one IN SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND split_part(c.relname, '_', 1) IN ({prefixes})
LOOP EXECUTE 'DROP TABLE IF EXISTS ' || one.name || ' CASCADE'; END LOOP;
FOR one IN SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public' AND p.proname LIKE 'memory\\_%'
LOOP EXECUTE 'DROP ROUTINE IF EXISTS ' || one.name || ' CASCADE'; END LOOP;
END $wipe$;
"""


def into_postgresql(database: Mapping[str, Any], dump: Path, now: datetime | None, name: str = "") -> None:
    """Replaces the product's tables of a database by those of a dump, in one transaction.

    When the process is killed, the database is as it was.

    Args:
        database: The server, as in DATABASES.
        dump: A file of pg_dump's custom format.
        now: The time of a restore, which holds what was pending; None to leave it as it is.
        name: The database; empty for that of `database`.

    Raises:
        BackupError: It failed, and nothing was changed.
    """
    surroundings = programs.postgresql(database, name)
    restore = [programs.find("pg_restore"), "--no-owner", "--no-privileges", "--no-comments", "--file=-", str(dump)]
    psql = [programs.find("psql"), "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"]

    def feed(target: IO[bytes]) -> None:
        target.write(b"BEGIN;\n" + _WIPE.format(prefixes=", ".join(f"'{one}'" for one in _PREFIXES)).encode())
        programs.run(restore, surroundings, read=lambda source: shutil.copyfileobj(source, target, CHUNK))
        if now is not None:
            target.write(b"\n" + holding.script(now).encode())
        # Last: an incomplete script ends without it, and the server takes everything back.
        target.write(b"\nCOMMIT;\n")

    programs.run([*psql, "--file=-"], surroundings, feed=feed)


def into_mysql(database: Mapping[str, Any], dump: Path, name: str = "") -> None:
    """Replaces the tables of a database by those of a dump of mariadb-dump.

    Raises:
        BackupError: It failed; the statements before the failure were carried out.
    """

    def feed(target: IO[bytes]) -> None:
        with gzip.open(dump) as source:
            shutil.copyfileobj(source, target, CHUNK)

    with programs.mysql(database) as login:
        program = programs.find("mariadb", "mysql")
        programs.run([program, login, "--batch", name or str(database["NAME"])], feed=feed)


@contextlib.contextmanager
def scratch(alias: str) -> Iterator[str]:
    """Yields the name of an empty database on the server of an alias; it is dropped at the end.

    Raises:
        BackupError: The user may make none.
    """
    connection = connections[alias]
    name = f"clawdbot_verify_{secrets.token_hex(4)}"
    quoted = connection.ops.quote_name(name)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {quoted}")
    except DatabaseError as error:
        told = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise BackupError(Reason("backup_no_scratch", why=told)) from None
    try:
        yield name
    finally:
        force = " WITH (FORCE)" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quoted}{force}")
