"""Unpacks an archive into a folder that becomes a home, and checks that this version can use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader

from bots.maintenance.backup import archive, child, contents, databases
from bots.maintenance.backup.archive import Archive
from bots.maintenance.backup.errors import ArchiveUnusable, BackupError
from clawdbot import sealing
from clawdbot.reasons import Reason

Say = Callable[[str], None]
PARTS = ("database", "memory")


def quiet(_count: int) -> None:
    """A progress that says nothing."""


@dataclass
class Unpacked:
    """An archive that lies unpacked in a folder.

    Attributes:
        home: The folder.
        urls: Addresses of its databases by part; those on servers are added by the caller.
        dumps: Dumps for servers by part.
        marks: The journal of sends.
        with_keys: Whether the archive's keys are in `home/keys`.
        files: Number of uploaded files.
    """

    home: Path
    urls: dict[str, str] = field(default_factory=dict)
    dumps: dict[str, Path] = field(default_factory=dict)
    marks: Path | None = None
    with_keys: bool = False
    files: int = 0


def parts(found: Archive) -> dict[str, dict[str, Any]]:
    """Returns the databases of an archive by part, with what the manifest says about each.

    Raises:
        ArchiveUnusable: The manifest contradicts the archive.
    """
    there = {part: found.manifest[part] for part in PARTS if part in found.manifest}
    for part, entry in there.items():
        kinds = {"vendor": str, "member": str, "raw_bytes": int, "migrations": dict}
        sound = isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in kinds.items())
        if not sound or entry["member"] not in found.names or not entry["member"].startswith(f"{part}."):
            raise ArchiveUnusable(Reason("backup_damaged", name=archive.MANIFEST))
    return there


def refuse_newer(found: Archive) -> None:
    """Refuses an archive of a version that this one cannot read.

    Raises:
        ArchiveUnusable: Its tables have migrations that this version does not know.
    """
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    apps = {app for app, _name in known}
    for entry in parts(found).values():
        for app, names in entry["migrations"].items():
            unknown = [name for name in names if (app, name) not in known]
            if unknown and app in apps:
                product = str(found.manifest.get("product", ""))[:20]
                raise ArchiveUnusable(Reason("backup_newer", migration=f"{app}.{unknown[0]}"[:120], version=product))


def is_current(found: Archive) -> bool:
    """Returns whether the tables of an archive have all migrations of this version."""
    graph = MigrationLoader(None, ignore_no_migrations=True).graph
    known = {
        (app, name) for entry in parts(found).values() for app, names in entry["migrations"].items() for name in names
    }
    return all(leaf in known for leaf in graph.leaf_nodes())


def size(found: Archive) -> int:
    """Returns how many bytes the unpacked archive takes, for a moment twice over."""
    raw = sum(int(entry["raw_bytes"]) for entry in parts(found).values())
    return raw + sum(int(one["bytes"]) for one in found.manifest["members"].values())


def unpack(found: Archive, home: Path, passphrase: str, say: Say, *, with_files: bool = True) -> Unpacked:
    """Writes everything of an archive into an empty folder, with every byte checked.

    Args:
        found: The archive.
        home: The folder.
        passphrase: For the keys; empty leaves them out.
        say: Gets a line per step.
        with_files: Write the uploads, too, and not only check them.

    Raises:
        ArchiveUnusable: It is damaged.
        DecryptionError: The passphrase is another one.
    """
    result = Unpacked(home)
    if passphrase and found.manifest["keys"]:
        result.with_keys = _unpack_secrets(found, home, passphrase)
    for part, entry in parts(found).items():
        say(f"unpacking {part}")
        _unpack_database(found, part, entry, result)
    if archive.JOURNAL in found.names:
        result.marks = home / archive.JOURNAL
        found.extract(archive.JOURNAL, result.marks, quiet)
    files = [name for name in found.names if name.startswith(archive.UPLOADS)]
    if files:
        say(f"unpacking {len(files)} files")
    for name in files:
        if with_files:
            found.extract(name, home / name, quiet)
        else:
            found.check(name, quiet)
    result.files = len(files)
    for name in found.names:
        if name.startswith("configuration/") or (name == archive.SEALED and not result.with_keys):
            found.check(name, quiet)
    return result


def _unpack_database(found: Archive, part: str, entry: Mapping[str, Any], result: Unpacked) -> None:
    if entry["vendor"] == "sqlite":
        name = "clawdbot.sqlite3" if part == "database" else "memory.sqlite3"
        target = result.home / name
        found.extract_gzip(entry["member"], target, entry["raw_bytes"], quiet)
        _check_sqlite(target)
        result.urls[part] = child.sqlite_url(target)
        return
    result.dumps[part] = result.home / entry["member"]
    found.extract(entry["member"], result.dumps[part], quiet)


def _check_sqlite(path: Path) -> None:
    with databases.as_sqlite(path) as connection:
        told = connection.execute("PRAGMA quick_check(1)").fetchone()
    if told is None or told[0] != "ok":
        raise ArchiveUnusable(Reason("backup_damaged", name=path.name))


def _unpack_secrets(found: Archive, home: Path, passphrase: str) -> bool:
    parameters = found.manifest.get("sealing")
    if archive.SEALED not in found.names or not isinstance(parameters, dict):
        raise ArchiveUnusable(Reason("backup_damaged", name=archive.SEALED))
    plain = sealing.unseal(found.read(archive.SEALED), passphrase, found.manifest["id"], parameters)
    (home / "keys").mkdir(mode=0o700, exist_ok=True)
    contents.unpack_secrets(plain, home)
    return True


def server_of(part: str, vendor: str) -> tuple[str, dict[str, Any]]:
    """Returns the alias and the entry of DATABASES of the server for a part of an archive.

    Raises:
        BackupError: This installation keeps that part in another kind of database.
    """
    alias = databases.aliases().get(part, DEFAULT_DB_ALIAS)
    connection = connections[alias]
    if connection.vendor != vendor:
        raise BackupError(Reason("backup_other_vendor", part=part, archive=vendor, here=str(connection.vendor)))
    return alias, connection.settings_dict
