"""Dumps the databases of the product while it works, and says how large they are."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader

from bots.maintenance.backup import programs
from bots.maintenance.backup.archive import CHUNK
from bots.maintenance.backup.errors import BackupError
from clawdbot.reasons import Reason
from memory import database as memory_database

Said = Callable[[int, int], None]
"""Gets how much is done and how much there is, in bytes; 0 for an unknown amount."""

# Level 1 is four times as fast as the default of 9, for a sixth more bytes; the workers need the processor.
_LEVEL = 1
_PAGES = 2000  # of one step
_REST_S = 0.002


@dataclass(frozen=True, slots=True)
class Dump:
    """One dumped database.

    Attributes:
        member: Its name in the archive.
        path: The file.
        vendor: sqlite, postgresql or mysql.
        raw_bytes: Size of what `path` holds when it is unpacked.
    """

    member: str
    path: Path
    vendor: str
    raw_bytes: int

    def entry(self, alias: str) -> dict[str, Any]:
        """Returns what the manifest says about it."""
        return {
            "vendor": self.vendor,
            "member": self.member,
            "raw_bytes": self.raw_bytes,
            "migrations": leaves(alias),
        }


def aliases() -> dict[str, str]:
    """Returns the databases of the product: their part in the archive ("database", "memory") and their alias.

    MongoDB has programs of its own for backups.
    """
    found = {"database": DEFAULT_DB_ALIAS}
    apart = memory_database.alias() != DEFAULT_DB_ALIAS
    return found | ({"memory": memory_database.alias()} if apart else {})


def leaves(alias: str) -> dict[str, list[str]]:
    """Returns the latest applied migrations by app."""
    loader = MigrationLoader(connections[alias])
    applied = set(loader.applied_migrations or ())
    found: dict[str, list[str]] = {}
    for app, name in sorted(applied):
        node = loader.graph.node_map.get((app, name))
        later = any(child.key in applied and child.key[0] == app for child in node.children) if node else False
        if not later:
            found.setdefault(app, []).append(name)
    return found


def size(alias: str) -> int:
    """Returns about how many bytes a database takes."""
    connection = connections[alias]
    if connection.vendor == "sqlite":
        path = sqlite_path(alias)
        return sum(part.stat().st_size for part in (path, path.with_name(f"{path.name}-wal")) if part.exists())
    asked = "SELECT pg_database_size(current_database())"
    if connection.vendor == "mysql":
        asked = "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables"
        asked += " WHERE table_schema = DATABASE()"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return int(cursor.fetchone()[0])


def sqlite_path(alias: str) -> Path:
    return Path(str(connections[alias].settings_dict["NAME"]))


def dump(part: str, alias: str, folder: Path, said: Said) -> Dump:
    """Dumps a database into a folder. Readers and writers go on meanwhile.

    Raises:
        BackupError: The program of the database is missing or failed.
    """
    vendor = str(connections[alias].vendor)
    if vendor == "sqlite":
        return _sqlite(part, alias, folder, said)
    if vendor == "postgresql":
        return _postgresql(part, connections[alias].settings_dict, folder)
    return _mysql(part, connections[alias].settings_dict, folder, said)


def _sqlite(part: str, alias: str, folder: Path, said: Said) -> Dump:
    copy, packed = folder / f"{part}.sqlite3", folder / f"{part}.sqlite3.gz"
    copy_sqlite(sqlite_path(alias), copy, said)
    raw_bytes = copy.stat().st_size
    with (
        copy.open("rb") as source,
        packed.open("wb") as target,
        gzip.GzipFile(fileobj=target, mode="wb", compresslevel=_LEVEL, filename="", mtime=0) as zipped,
    ):
        shutil.copyfileobj(source, zipped, CHUNK)
    copy.unlink()
    return Dump(packed.name, packed, "sqlite", raw_bytes)


def copy_sqlite(source: Path, target: Path, said: Said) -> None:
    """Copies a database in use, as it is at this moment.

    The open read transaction keeps that moment: without it the copy would begin anew with each write of another
    process, and under load never end. In WAL mode it blocks no writer; the WAL grows until it ends.

    Raises:
        BackupError: The database cannot be read, or the copy cannot be written.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with contextlib.closing(_reader(source)) as reader, contextlib.closing(sqlite3.connect(target)) as writer:
            # Nobody needs the copy before it is complete.
            writer.execute("PRAGMA synchronous=OFF")

            def stepped(_status: int, remaining: int, total: int) -> None:
                said((total - remaining) * page, total * page)
                time.sleep(_REST_S)

            page = int(reader.execute("PRAGMA page_size").fetchone()[0])
            reader.execute("BEGIN")
            reader.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            reader.backup(writer, pages=_PAGES, progress=stepped)
            reader.rollback()
            # One file without a WAL beside it.
            writer.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupError(Reason("backup_sqlite_failed", name=source.name, why=str(error))) from None


def _reader(source: Path) -> sqlite3.Connection:
    reader = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=30, isolation_level=None)
    reader.execute("PRAGMA query_only=ON")
    return reader


def _postgresql(part: str, database: dict[str, Any], folder: Path) -> Dump:
    path = folder / f"{part}.pgdump"
    arguments = ["--format=custom", f"--compress={_LEVEL}", "--no-owner", "--no-privileges", "--no-password"]
    programs.run(
        [programs.find("pg_dump"), *arguments, f"--file={path}"],
        programs.postgresql(database),
    )
    path.chmod(0o600)
    return Dump(path.name, path, "postgresql", path.stat().st_size)


def _mysql(part: str, database: dict[str, Any], folder: Path, said: Said) -> Dump:
    path, count = folder / f"{part}.sql.gz", 0

    def packed(source: IO[bytes]) -> None:
        nonlocal count
        with (
            path.open("wb") as target,
            gzip.GzipFile(fileobj=target, mode="wb", compresslevel=_LEVEL, filename="", mtime=0) as zipped,
        ):
            while data := source.read(CHUNK):
                zipped.write(data)
                count += len(data)
                said(count, 0)

    with programs.mysql(database) as login:
        options = [
            "--single-transaction",
            "--quick",
            "--skip-lock-tables",
            "--triggers",
            "--hex-blob",
            "--no-tablespaces",
        ]
        program = programs.find("mariadb-dump", "mysqldump")
        programs.run([program, login, *options, str(database["NAME"])], read=packed)
    return Dump(path.name, path, "mysql", count)


@contextlib.contextmanager
def as_sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """Yields a connection to an SQLite file that nothing else uses.

    Raises:
        BackupError: It is no database, or a statement failed.
    """
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise BackupError(Reason("backup_sqlite_failed", name=path.name, why=str(error))) from None
