"""Tries out an archive: checks every byte, restores it into a temporary home and runs `doctor` there."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from bots.maintenance.backup import archive, child, places, scratch, servers, unpacking
from bots.maintenance.backup.errors import BackupError
from clawdbot.reasons import Reason

Say = Callable[[str], None]
# Nothing runs in a temporary home.
_NOT_ASKED = frozenset({"workers", "beat"})


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in an archive.

    Attributes:
        made_at: The moment that it holds, ISO 8601 in UTC.
        files: Number of uploaded files.
        with_keys: Whether its keys were decrypted.
        findings: What `doctor` says about the restored installation: name, level, text, mend.
    """

    made_at: str
    files: int
    with_keys: bool
    findings: tuple[dict[str, str], ...]

    @property
    def ok(self) -> bool:
        return all(one["level"] != "error" for one in self.findings)


def verify(path: Path, passphrase: str, say: Say = lambda _line: None) -> Verified:
    """Tries out an archive. This installation is not changed.

    Args:
        path: The archive.
        passphrase: For its keys; without it the keys of this installation are tried.
        say: Gets a line per step.

    Raises:
        BackupError: It cannot be used.
        DecryptionError: The passphrase is another one.
    """
    home = Path(settings.CLAWDBOT.home)
    with contextlib.ExitStack() as stack:
        found = stack.enter_context(archive.opened(path))
        unpacking.refuse_newer(found)
        places.require_space(home, unpacking.size(found))
        folder = stack.enter_context(scratch.folder(home, "verify"))
        unpacked = unpacking.unpack(found, folder, passphrase, say, with_files=False)
        if not unpacked.with_keys:
            shutil.copytree(home / "keys", folder / "keys")
        for part, entry in unpacking.parts(found).items():
            if part in unpacked.dumps:
                unpacked.urls[part] = stack.enter_context(_on_server(part, entry["vendor"], unpacked.dumps[part], say))
        surroundings = child.environment(folder, unpacked.urls)
        if not unpacking.is_current(found):
            say("migrating the copy")
            child.manage(["migrate", "--verbosity", "0"], surroundings)
        say("asking doctor about the copy")
        findings = _examine(surroundings)
        return Verified(str(found.manifest["made_at"]), unpacked.files, unpacked.with_keys, findings)


@contextlib.contextmanager
def _on_server(part: str, vendor: str, dump: Path, say: Say) -> Iterator[str]:
    """Restores a dump into a scratch database and yields its address."""
    alias, database = unpacking.server_of(part, vendor)
    with servers.scratch(alias) as name:
        say(f"restoring {part} into {name}")
        if vendor == "postgresql":
            servers.into_postgresql(database, dump, None, name)
        else:
            servers.into_mysql(database, dump, name)
        yield child.server_url(vendor, database, name)


def _examine(surroundings: dict[str, str]) -> tuple[dict[str, str], ...]:
    told = child.manage(["doctor", "--json"], surroundings, may_fail=True)
    try:
        findings = json.loads(told)["findings"]
    except (ValueError, KeyError):
        raise BackupError(Reason("backup_program_failed", program="manage.py doctor", told=told[:200])) from None
    return tuple(one for one in findings if one["name"] not in _NOT_ASKED)
