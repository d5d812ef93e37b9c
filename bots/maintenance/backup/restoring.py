"""Puts an archive in the place of a home and its databases, with everything that was pending held.

The new files lie ready beside the old ones before anything is exchanged; the old ones are kept aside. A killed restore
leaves the old installation, or is finished by the next start (`clawdbot.home_swap`).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import DatabaseError, connections
from django.utils import timezone

from bots.maintenance.backup import archive, child, contents, databases, holding, places, scratch, servers, unpacking
from bots.maintenance.backup.archive import Archive
from bots.maintenance.backup.errors import BackupError
from bots.maintenance.backup.unpacking import Unpacked
from clawdbot import home_swap
from clawdbot.reasons import Reason

Say = Callable[[str], None]

_BEATS = "SELECT MAX(beat_at) FROM bots_worker"
_BOTS = "SELECT COUNT(*) FROM bots_bot"
# What belongs to the old rows: marks of their sends, and vectors, which are built again.
_OLD = ("journal", "index")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        home: The home.
        made_at: The moment that it is back at, ISO 8601 in UTC.
        aside: The folder with what was there before; None when nothing was.
        with_keys: Whether the archive's keys are in place.
        files: Number of uploaded files that were put in place; None when the archive has none of them.
        configuration: The configuration file of the archive; None without one.
        held: Numbers of what is held, by kind.
    """

    home: Path
    made_at: str
    aside: Path | None
    with_keys: bool
    files: int | None
    configuration: Path | None
    held: dict[str, int]


def restore(path: Path, home: Path, passphrase: str, *, force: bool = False, say: Say = lambda _line: None) -> Restored:
    """Puts an archive in place. Call it with the home's lock, so that no server starts meanwhile.

    Args:
        path: The archive.
        home: The home to restore: that of this process, or another folder for an archive with SQLite.
        passphrase: For the keys; empty leaves them out.
        force: Replace what is there.
        say: Gets a line per step.

    Raises:
        BackupError: It is refused or failed; the reason says what to do. The old installation is as it was.
        DecryptionError: The passphrase is another one.
    """
    now = timezone.now()
    with archive.opened(path) as found, scratch.folder(home, "restore") as stage:
        unpacking.refuse_newer(found)
        targets = _targets(found, home)
        there = _refuse_in_use(targets, home)
        if there and not force:
            raise BackupError(Reason("backup_home_not_empty", home=str(home)))
        places.require_space(home, unpacking.size(found))
        unpacked = unpacking.unpack(found, stage, passphrase, say)
        if not unpacked.with_keys:  # for the commands that run on the new files
            own = Path(settings.CLAWDBOT.home) / "keys"
            _copy_keys(home / "keys" if (home / "keys" / "encryption.key").exists() else own, stage / "keys")
        aside = home / f"before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        _dump_old(targets, aside, say)
        _into_databases(targets, unpacked, now, say)
        say("migrating")
        held = _settle(found, stage, unpacked)
        _store_in_bucket(found, unpacked, say)
        say("putting files in place")
        home_swap.carry_out(home, *_moves(home, stage, aside, unpacked, targets))
    return Restored(
        home,
        str(found.manifest["made_at"]),
        aside if aside.is_dir() else None,
        unpacked.with_keys,
        None if found.manifest["uploads"].get("left_out") else unpacked.files,
        home / f"restored-{contents.CONFIGURATION}" if (home / f"restored-{contents.CONFIGURATION}").exists() else None,
        held,
    )


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a part goes: a file of SQLite, or a server."""

    vendor: str
    file: Path | None
    alias: str = ""
    database: dict[str, Any] = field(default_factory=dict)


def _targets(found: Archive, home: Path) -> dict[str, _Target]:
    """Returns where the parts of the archive go.

    Raises:
        BackupError: The settings name other kinds of databases.
    """
    here = home == Path(settings.CLAWDBOT.home)
    there = unpacking.parts(found)
    if here and set(there) != set(databases.aliases()):
        raise BackupError(Reason("backup_memory_differs"))
    targets = {}
    for part, entry in there.items():
        if entry["vendor"] != "sqlite" or here:
            alias, database = unpacking.server_of(part, entry["vendor"])
            file = databases.sqlite_path(alias).absolute() if entry["vendor"] == "sqlite" else None
            targets[part] = _Target(entry["vendor"], file, alias, database)
        else:
            targets[part] = _Target("sqlite", home / ("clawdbot.sqlite3" if part == "database" else "memory.sqlite3"))
    for target in targets.values():
        if target.file is not None and _device(target.file.parent) != _device(home):
            raise BackupError(Reason("backup_other_disk", file=str(target.file), home=str(home)))
    return targets


def _device(folder: Path) -> int | None:
    return folder.stat().st_dev if folder.exists() else None


def _refuse_in_use(targets: dict[str, _Target], home: Path) -> bool:
    """Returns whether there is something to replace.

    Raises:
        BackupError: Worker processes use the database.
    """
    uploads = home / "uploads"
    there = uploads.is_dir() and any(uploads.iterdir())
    target = targets["database"]
    beat, bots = _ask(target, _BEATS), _ask(target, _BOTS)
    if beat is not None and timezone.now() - _moment(beat) < holding.FRESH:
        raise BackupError(Reason("backup_database_in_use"))
    return there or bool(bots)


def _ask(target: _Target, question: str) -> Any:
    """Returns the answer of the database; None without such a table."""
    if target.file is not None:
        if not target.file.exists():
            return None
        with contextlib.suppress(BackupError), databases.as_sqlite(target.file) as connection:
            return connection.execute(question).fetchone()[0]
        # A damaged database is one more reason to restore; it is kept aside.
        return 1 if question == _BOTS and _has_tables(target.file) else None
    try:
        with connections[target.alias].cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0]
    except DatabaseError:
        connections[target.alias].close()
        return None


def _has_tables(file: Path) -> bool:
    with contextlib.suppress(BackupError), databases.as_sqlite(file) as connection:
        return bool(connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name='bots_bot'").fetchone()[0])
    return True


def _moment(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _copy_keys(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700, exist_ok=True)
    for path in source.iterdir():
        if path.is_file():
            (target / path.name).touch(mode=0o600)
            (target / path.name).write_bytes(path.read_bytes())


def _dump_old(targets: dict[str, _Target], aside: Path, say: Say) -> None:
    """Keeps what the databases on servers hold; files of SQLite are moved aside later."""
    for part, target in targets.items():
        if target.file is None and _ask(target, "SELECT COUNT(*) FROM django_migrations"):
            say(f"keeping the old {part}")
            aside.mkdir(mode=0o700, exist_ok=True)
            databases.dump(part, target.alias, aside, lambda _done, _total: None)


def _into_databases(targets: dict[str, _Target], unpacked: Unpacked, now: datetime, say: Say) -> None:
    """Puts the databases on servers in place and holds what was pending. The memory comes first."""
    for part in ("memory", "database"):
        if part not in targets:
            continue
        target = targets[part]
        if target.file is not None:
            if part == "database":
                _hold_in_file(unpacked.home / "clawdbot.sqlite3", now)
            continue
        say(f"restoring {part}")
        connections[target.alias].close()
        if target.vendor == "postgresql":
            servers.into_postgresql(target.database, unpacked.dumps[part], now if part == "database" else None)
        else:
            servers.into_mysql(target.database, unpacked.dumps[part])
        unpacked.urls[part] = child.server_url(target.vendor, target.database, str(target.database["NAME"]))


def _hold_in_file(file: Path, now: datetime) -> None:
    with databases.as_sqlite(file) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        connection.execute("BEGIN IMMEDIATE")
        for statement in holding.statements(tables, now):
            connection.execute(statement)
        connection.execute("COMMIT")


def _settle(found: Archive, stage: Path, unpacked: Unpacked) -> dict[str, int]:
    """Migrates the restored databases and settles what the journal knows; returns what is held."""
    surroundings = child.environment(stage, unpacked.urls)
    arguments = ["backup", "settle", "--name", str(found.path.name)]
    if unpacked.marks is not None:
        arguments += ["--journal", str(unpacked.marks)]
    told = json.loads(child.manage(arguments, surroundings).splitlines()[-1])
    for file in stage.glob("*.sqlite3"):
        with databases.as_sqlite(file) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")
        _sync(file)
    return {str(kind): int(count) for kind, count in told.items()}


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _store_in_bucket(found: Archive, unpacked: Unpacked, say: Say) -> None:
    """Uploads the files where this installation keeps them in a bucket."""
    if not settings.CLAWDBOT.uploads.bucket or not unpacked.files:
        return
    say(f"uploading {unpacked.files} files")
    storage = contents.uploads()
    for name in found.names:
        if name.startswith(archive.UPLOADS):
            with (unpacked.home / name).open("rb") as body:
                storage.save(name.removeprefix(archive.UPLOADS), File(body))


def _moves(
    home: Path, stage: Path, aside: Path, unpacked: Unpacked, targets: dict[str, _Target]
) -> tuple[list[home_swap.Move], list[home_swap.Move]]:
    """Returns the renames that put the old files aside, and those that put the unpacked archive in place."""
    old = [home / name for name in _OLD]
    put = []
    for part, target in targets.items():
        if target.file is not None:
            old += [target.file.with_name(target.file.name + suffix) for suffix in ("", "-wal", "-shm")]
            put.append((stage / ("clawdbot.sqlite3" if part == "database" else "memory.sqlite3"), target.file))
    folders = {"keys": unpacked.with_keys, "uploads": bool(unpacked.files) and not settings.CLAWDBOT.uploads.bucket}
    for name in (name for name, replaced in folders.items() if replaced):
        old.append(home / name)
        put.append((stage / name, home / name))
    if (stage / contents.CONFIGURATION).exists():
        put.append((stage / contents.CONFIGURATION, home / f"restored-{contents.CONFIGURATION}"))
    moved = [(path, aside / path.name) for path in old if path.exists()]
    return _relative(moved, home), _relative(put, home)


def _relative(moves: list[tuple[Path, Path]], home: Path) -> list[home_swap.Move]:
    return [(os.path.relpath(source, home), os.path.relpath(target, home)) for source, target in moves]
