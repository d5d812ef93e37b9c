"""Makes a backup while the product works.

The databases come first, the files after them: a file that a row mentions was stored before the row, or is missing in
the original, too. The main database comes before the memory database: what it still has to hand over is handed over
again, which changes nothing.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from bots.maintenance.backup import archive, contents, databases, places, retention, runs, scratch
from bots.maintenance.backup.errors import BackupError
from bots.models import BackupRun
from bots.people.audit_log import Actor
from clawdbot import __version__, sealing
from clawdbot.reasons import Reason

Say = Callable[[str], None]

_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What to make.

    Attributes:
        to: The place; empty for that of the settings.
        passphrase: Returns what encrypts keys and configuration; "" leaves them out.
        uploads: Take the files of people and answers along; None: as the settings say.
        scheduled: Made by the schedule, so that the retention may remove it.
    """

    to: str = ""
    passphrase: Callable[[], str] = field(default=str, repr=False)
    uploads: bool | None = None
    scheduled: bool = False


class _Progress:
    """Says how far a step is, at most every two seconds."""

    def __init__(self, say: Say) -> None:
        self._say, self._step, self._last, self._done = say, "packing", time.monotonic(), 0

    def begin(self, step: str) -> None:
        self._step, self._last, self._done = step, time.monotonic(), 0
        self._say(step)

    def add(self, count: int) -> None:
        self.at(self._done + count, 0)

    def at(self, done: int, total: int) -> None:
        self._done = done
        if time.monotonic() - self._last < _EVERY_S:
            return
        self._last = time.monotonic()
        share = f"{done * 100 // total} %" if total else f"{done // 2**20} MiB"
        self._say(f"{self._step}: {share}")


def create(actor: Actor, wish: Wish, say: Say = lambda _line: None) -> BackupRun:
    """Makes a backup and, if it is a scheduled one, removes those that are no longer kept.

    Args:
        actor: Who asks for it.
        wish: What to make.
        say: Gets a line for people now and then.

    Returns:
        The row of the backup.

    Raises:
        BackupError: It failed; the place holds no part of it.
    """
    config = settings.CLAWDBOT.backup
    with runs.running(actor, scheduled=wish.scheduled) as row:
        place = places.place(wish.to)
        try:
            _make(row, wish, place, _Progress(say))
        except OSError as error:  # a full disk, a folder that went away
            raise BackupError(Reason("backup_system_error", why=error.strerror or type(error).__name__)) from None
    if wish.scheduled:
        for name in retention.clean(place, config.name, config.keep_daily, config.keep_weekly):
            say(f"removed {name}")
    return row


def _make(row: BackupRun, wish: Wish, place: places.Place, progress: _Progress) -> None:
    config, home = settings.CLAWDBOT.backup, Path(settings.CLAWDBOT.home)
    passphrase = wish.passphrase()
    if passphrase and len(passphrase) < sealing.SHORTEST:
        raise BackupError(Reason("passphrase_short", least=sealing.SHORTEST))
    with_uploads = config.uploads if wish.uploads is None else wish.uploads
    folder = place.working_folder()
    database_bytes = sum(databases.size(alias) for alias in databases.aliases().values())
    # A copy of each database, and the archive.
    places.require_space(folder, database_bytes + (contents.upload_size() if with_uploads else 0))
    made_at = timezone.now()
    archive_id = places.archive_id(made_at, secrets.token_hex(3))
    name = places.archive_name(config.name, archive_id, wish.scheduled)
    partial = folder / f".{name}.partial"
    places.require_space(home, database_bytes)
    try:
        with scratch.folder(home, "dump") as work:
            _write(partial, archive_id, made_at, passphrase, with_uploads, work, progress)
        row.size = partial.stat().st_size
        progress.begin(f"storing {name} in {place.shown}")
        place.store(partial, name)
    finally:
        partial.unlink(missing_ok=True)
    row.made_at, row.place, row.name, row.with_keys = made_at, place.shown[:500], name, bool(passphrase)


def _write(
    path: Path,
    archive_id: str,
    made_at: datetime,
    passphrase: str,
    with_uploads: bool,
    work: Path,
    progress: _Progress,
) -> None:
    writer = archive.Writer(path, archive_id, progress.add)
    try:
        manifest: dict[str, Any] = {
            "id": archive_id,
            "product": __version__,
            "made_at": made_at.isoformat(),
            "keys": bool(passphrase),
        }
        for part, alias in databases.aliases().items():
            progress.begin(f"copying {part}")
            dump = databases.dump(part, alias, work, progress.at)
            manifest[part] = dump.entry(alias)
            progress.begin(f"packing {part}")
            writer.add_path(dump.member, dump.path)
            dump.path.unlink()
        # After the databases: it knows of each row in them whether it was sent.
        writer.add_bytes(archive.JOURNAL, json.dumps(contents.journal_marks()).encode())
        shown = json.dumps(contents.shown_settings(), ensure_ascii=False, indent=1, sort_keys=True)
        writer.add_bytes(archive.SETTINGS, shown.encode())
        manifest["sealing"] = _add_secrets(writer, archive_id, passphrase)
        progress.begin("packing files")
        manifest["uploads"] = _add_uploads(writer) if with_uploads else {"left_out": True, "count": 0, "missing": 0}
        manifest["finished_at"] = timezone.now().isoformat()
        writer.finish(manifest)
    except BaseException:
        writer.abandon()
        raise


def _add_secrets(writer: archive.Writer, archive_id: str, passphrase: str) -> dict[str, Any]:
    if not passphrase:
        return {}
    plain = contents.secrets_of(Path(settings.CLAWDBOT.home), settings.CONFIG_FILE)
    sealed, parameters = sealing.seal(plain, passphrase, archive_id)
    writer.add_bytes(archive.SEALED, sealed)
    return parameters


def _add_uploads(writer: archive.Writer) -> dict[str, Any]:
    """Adds the files that rows mention. One that is gone meanwhile, or was before, is counted."""
    storage = contents.uploads()
    count = missing = 0
    for name in contents.upload_names():
        member = archive.UPLOADS + name
        if member in writer.members:
            continue
        if not archive.is_safe(member):
            missing += 1
            continue
        try:
            with contextlib.closing(storage.open(name, "rb")) as source:
                writer.add(member, source, source.size)
        except FileNotFoundError:
            missing += 1
            continue
        count += 1
    return {"left_out": False, "count": count, "missing": missing}
