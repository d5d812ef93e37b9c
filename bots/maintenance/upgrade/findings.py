"""Looks at what an upgrade would do and what stands in its way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.db import connections
from django.utils import timezone

from bots.maintenance.upgrade import plan
from bots.models import applied_migrations
from bots.models.sql import sessions
from clawdbot import __version__, process_versions

Level = Literal["ok", "warning", "stop"]

BACKUP_AGE = timedelta(days=1)
SPARE_BYTES = 200 * 2**20
_SHOWN = 30  # migrations of one database


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        name: What was looked at.
        level: "stop" means that the upgrade must not be made.
        text: What was found.
        mend: What to do first; empty when nothing has to be done.
        forced: `--force` goes past this stop.
    """

    name: str
    level: Level
    text: str
    mend: str = ""
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, and the migrations to apply."""

    findings: tuple[Finding, ...]
    steps: tuple[plan.Step, ...]

    def stops(self, *, force: bool = False) -> list[Finding]:
        """Returns what stops the upgrade."""
        return [one for one in self.findings if one.level == "stop" and not (force and one.forced)]


def look(unnoted: Sequence[process_versions.Running] = ()) -> Report:
    """Looks at databases, processes, backup and disk. Changes nothing.

    Args:
        unnoted: Processes that are known to run and that noted no version.

    Raises:
        DatabaseError: A database cannot be used.
    """
    if strange := applied_migrations.unknown():
        text = f"the database is of a newer version than {__version__}: it has {', '.join(strange[:5])}"
        mend = "install the newer version again, or restore the backup from before it"
        return Report((Finding("database", "stop", text, mend),), ())
    steps = tuple(plan.steps())
    found = [*_migrations(steps), *_processes(unnoted, steps)]
    if steps and not all(plan.is_new(alias) for alias in applied_migrations.aliases()):
        found += [*_backup(), *_disk()]
    return Report(tuple(found), steps)


def _migrations(steps: Sequence[plan.Step]) -> Iterator[Finding]:
    if not steps:
        yield Finding("migrations", "ok", "none is pending")
        return
    for alias in applied_migrations.aliases():
        mine = [step for step in steps if step.database == alias]
        if mine and plan.is_new(alias):
            yield Finding("migrations", "ok", f"{alias}: the database is empty, {len(mine)} make its tables")
            continue
        for step in mine[:_SHOWN]:
            text = f"{step.name}: {'; '.join(step.effects) or 'touches no row that exists'}"
            mend = "take the product offline for it, or try it on a copy first to see how long it takes"
            yield Finding("migration", "warning" if step.large else "ok", text, mend if step.large else "")
        if len(mine) > _SHOWN:
            yield Finding("migrations", "ok", f"{alias}: and {len(mine) - _SHOWN} more")


def _processes(unnoted: Sequence[process_versions.Running], steps: Sequence[plan.Step]) -> Iterator[Finding]:
    pending, removes = bool(steps), any(step.removes for step in steps)
    here = [*process_versions.running(settings.HOME / "run"), *unnoted]
    held = [one for alias in applied_migrations.aliases() for one in sessions.by_version(alias)]
    old = [f"{one.role} (process {one.pid}, version {one.version})" for one in here if one.version != __version__]
    old += [
        f"{count} sessions of {address} (version {version})"
        for version, address, count in held
        if version != __version__
    ]
    if old:
        mend = "stop them first, or repeat with --force when they can do without the new columns"
        if removes:
            mend = "stop them first: they cannot go on without the columns that are removed"
        level: Level = "stop" if pending else "warning"
        yield Finding("processes", level, f"old ones run: {', '.join(old)}", mend, forced=not removes)
    same = [f"{one.role} (process {one.pid})" for one in here if one.version == __version__]
    if same and pending:
        text = f"of this version, and started before the migrations: {', '.join(same)}"
        yield Finding("processes", "warning", text, "restart them afterwards")
    elif not old:
        yield Finding("processes", "ok", "none of another version runs")


def newest_backup(folder: Path) -> datetime | None:
    """Returns when the newest file below the folder was written; None when there is none."""
    times = [file.stat().st_mtime for file in folder.rglob("*") if file.is_file()]
    return datetime.fromtimestamp(max(times), tz=timezone.get_current_timezone()) if times else None


def _backup() -> Iterator[Finding]:
    folder = settings.HOME / "backups"
    made = newest_backup(folder)
    mend = "make one first: docs/deployment.md, Backup"
    if made is None:
        yield Finding("backup", "warning", f"there is none in {folder}", mend)
    elif timezone.now() - made > BACKUP_AGE:
        hours = (timezone.now() - made).total_seconds() / 3600
        yield Finding("backup", "warning", f"the newest in {folder} is {hours:.0f} hours old", mend)
    else:
        yield Finding("backup", "ok", f"{made:%Y-%m-%d %H:%M} in {folder}")


def _disk() -> Iterator[Finding]:
    files = [
        Path(connections[alias].settings_dict["NAME"])
        for alias in applied_migrations.aliases()
        if connections[alias].vendor == "sqlite"
    ]
    free = shutil.disk_usage(settings.HOME).free
    # A table that is written anew lies there twice, and once more in the write-ahead log.
    needed = 2 * sum(file.stat().st_size for file in files if file.is_file()) + SPARE_BYTES
    text = f"{free // 2**20} MB are free, {needed // 2**20} MB may be needed"
    if free < needed:
        yield Finding("disk", "stop", text, f"make room on the disk of {settings.HOME}", forced=True)
    else:
        yield Finding("disk", "ok", text)
