"""The format of an archive: a tar file whose first member names the format and whose last one is the manifest.

    clawdbot-backup           {"format": 1, "id": ...}
    database.sqlite3.gz       or database.pgdump; the same with memory.* where the memory has its own database
    sealed                    keys and configuration, encrypted with the passphrase
    configuration/…           the settings without their secrets
    journal.json              how far the sends had got
    uploads/…                 files of people and of answers
    manifest.json             what is in it: sizes and SHA-256 of every member, versions, times in UTC

Only a whole archive has a manifest. The tar file is not compressed, so that a list reads no contents: dumps are
compressed one by one, and pictures and recordings would not get smaller.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from bots.maintenance.backup.errors import ArchiveUnusable, BackupError
from clawdbot.reasons import Reason

FORMAT = 1
FIRST, MANIFEST = "clawdbot-backup", "manifest.json"
SEALED, JOURNAL, SETTINGS = "sealed", "journal.json", "configuration/settings.json"
UPLOADS = "uploads/"
CHUNK = 1024 * 1024
_MOST_MANIFEST = 512 * 1024 * 1024
_KNOWN = re.compile(
    r"clawdbot-backup|manifest\.json|sealed|journal\.json|configuration/[\w.-]+"
    r"|(database|memory)\.(sqlite3\.gz|pgdump|sql\.gz)|uploads/.+"
)

Progress = Callable[[int], None]
"""Gets the number of bytes of each step."""


def is_safe(name: str) -> bool:
    """Returns whether a member is one of an archive, and its name stays within the folder it is unpacked to."""
    parts = name.split("/")
    odd = "\\" in name or "\0" in name or any(part in ("", ".", "..") for part in parts)
    return not odd and _KNOWN.fullmatch(name) is not None


class _Hashing(io.RawIOBase):
    """Reads another file and hashes what it gives."""

    def __init__(self, source: IO[bytes], progress: Progress) -> None:
        self.digest, self.count = hashlib.sha256(), 0
        self._source, self._progress = source, progress

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.digest.update(data)
        self.count += len(data)
        self._progress(len(data))
        return data


class Writer:
    """Writes an archive to a new file of mode 600."""

    def __init__(self, path: Path, archive_id: str, progress: Progress) -> None:
        self._progress = progress
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w+b")
        self._tar = tarfile.TarFile(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)
        self.members: dict[str, dict[str, Any]] = {}
        self.add_bytes(FIRST, json.dumps({"format": FORMAT, "id": archive_id}).encode())

    def add(self, name: str, source: IO[bytes], size: int) -> None:
        """Adds `size` bytes of a file.

        Raises:
            BackupError: The file became shorter meanwhile.
        """
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        reader = _Hashing(source, self._progress)
        try:
            self._tar.addfile(info, reader)
        except OSError as error:
            if error.errno is not None:
                raise
            raise BackupError(Reason("backup_file_changed", name=name)) from None
        self.members[name] = {"bytes": size, "sha256": reader.digest.hexdigest()}

    def add_path(self, name: str, path: Path) -> None:
        with path.open("rb") as source:
            self.add(name, source, path.stat().st_size)

    def add_bytes(self, name: str, body: bytes) -> None:
        self.add(name, io.BytesIO(body), len(body))

    def finish(self, manifest: dict[str, Any]) -> None:
        """Writes the manifest and everything to the disk."""
        text = json.dumps({**manifest, "members": self.members}, ensure_ascii=False, sort_keys=True).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(text), 0o600
        self._tar.addfile(info, io.BytesIO(text))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Closes the file as it is."""
        self._file.close()


@dataclass
class Archive:
    """An archive that was opened to be read.

    Attributes:
        path: The file.
        manifest: Its manifest.
        names: The names of its members, in order.
    """

    path: Path
    manifest: dict[str, Any]
    names: list[str]
    _tar: tarfile.TarFile = field(repr=False)

    def read(self, name: str) -> bytes:
        """Returns a small member, checked."""
        held = io.BytesIO()
        self._copy(name, held, lambda _count: None)
        return held.getvalue()

    def check(self, name: str, progress: Progress) -> None:
        """Compares a member with the manifest.

        Raises:
            ArchiveUnusable: It differs.
        """
        self._copy(name, None, progress)

    def extract(self, name: str, target: Path, progress: Progress) -> None:
        """Writes a member to a new file of mode 600, checked.

        Raises:
            ArchiveUnusable: It differs from the manifest.
        """
        with _new_file(target) as out:
            self._copy(name, out, progress)

    def extract_gzip(self, name: str, target: Path, size: int, progress: Progress) -> None:
        """Writes the contents of a gzip member, `size` bytes, to a new file.

        Raises:
            ArchiveUnusable: It is damaged or has another size.
        """
        self.check(name, progress)
        count = 0
        with _new_file(target) as out, gzip.GzipFile(fileobj=self._open(name)) as source, _damage(name):
            while data := source.read(CHUNK):
                count += len(data)
                if count > size:
                    break
                out.write(data)
        if count != size:
            raise ArchiveUnusable(Reason("backup_damaged", name=name))

    def close(self) -> None:
        self._tar.close()

    def _open(self, name: str) -> IO[bytes]:
        found = self._tar.extractfile(name)
        if found is None:
            raise ArchiveUnusable(Reason("backup_damaged", name=name))
        return found

    def _copy(self, name: str, out: IO[bytes] | None, progress: Progress) -> None:
        known = self.manifest["members"][name]
        with _damage(name):
            reader = _Hashing(self._open(name), progress)
            while data := reader.read(CHUNK):
                if out is not None:
                    out.write(data)
        if reader.count != known["bytes"] or reader.digest.hexdigest() != known["sha256"]:
            raise ArchiveUnusable(Reason("backup_damaged", name=name))


@contextmanager
def _new_file(target: Path) -> Iterator[IO[bytes]]:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())


@contextmanager
def _damage(name: str) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, KeyError):
        raise ArchiveUnusable(Reason("backup_damaged", name=name)) from None


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Opens an archive and reads its manifest.

    Raises:
        ArchiveUnusable: It is none, is cut off, holds what an archive does not hold, or has a newer format.
        BackupError: It cannot be read.
    """
    try:
        tar = tarfile.TarFile(path)
    except tarfile.TarError:
        raise ArchiveUnusable(Reason("backup_not_ours", name=path.name)) from None
    except OSError as error:
        raise BackupError(Reason("backup_unreadable", name=path.name, why=error.strerror or "")) from None
    with tar:
        yield _read(path, tar)


def _read(path: Path, tar: tarfile.TarFile) -> Archive:
    names: list[str] = []
    try:
        first = tar.next()
        if first is None or first.name != FIRST or not first.isreg() or first.size > CHUNK:
            raise ArchiveUnusable(Reason("backup_not_ours", name=path.name))
        _check_format(path, _json(tar, first, path))
        names = _names(path, tar)
    except (tarfile.TarError, EOFError):
        raise ArchiveUnusable(Reason("backup_cut_off", name=path.name)) from None
    if names[-1] != MANIFEST:
        raise ArchiveUnusable(Reason("backup_cut_off", name=path.name))
    info = tar.getmember(MANIFEST)
    if info.size > _MOST_MANIFEST:
        raise ArchiveUnusable(Reason("backup_damaged", name=MANIFEST))
    manifest = _json(tar, info, path)
    _check_manifest(manifest, names)
    return Archive(path, manifest, names, tar)


def _names(path: Path, tar: tarfile.TarFile) -> list[str]:
    names: list[str] = []
    for info in tar:
        if not info.isreg() or info.sparse is not None or not is_safe(info.name):
            raise ArchiveUnusable(Reason("backup_foreign_member", name=path.name, member=info.name[:80]))
        names.append(info.name)
    if len(set(names)) != len(names):
        raise ArchiveUnusable(Reason("backup_damaged", name=path.name))
    return names


def _json(tar: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> dict[str, Any]:
    try:
        source = tar.extractfile(info)
        found = json.loads(source.read()) if source is not None else None
    except (ValueError, RecursionError):
        found = None
    except (tarfile.TarError, EOFError):
        raise ArchiveUnusable(Reason("backup_cut_off", name=path.name)) from None
    if not isinstance(found, dict):
        raise ArchiveUnusable(Reason("backup_damaged", name=info.name))
    return found


def _check_format(path: Path, first: dict[str, Any]) -> None:
    known = first.get("format")
    if not isinstance(known, int) or isinstance(known, bool) or known < 1:
        raise ArchiveUnusable(Reason("backup_not_ours", name=path.name))
    if known > FORMAT:
        raise ArchiveUnusable(Reason("backup_newer_format", name=path.name))


def _check_manifest(manifest: dict[str, Any], names: list[str]) -> None:
    members = manifest.get("members")
    if not isinstance(members, dict) or set(members) != set(names) - {MANIFEST}:
        raise ArchiveUnusable(Reason("backup_damaged", name=MANIFEST))
    sound = all(isinstance(one, dict) and {"bytes", "sha256"} <= one.keys() for one in members.values())
    needed = {"id": str, "made_at": str, "database": dict, "uploads": dict, "keys": bool}
    sound = sound and all(isinstance(manifest.get(name), kind) for name, kind in needed.items())
    if not sound:
        raise ArchiveUnusable(Reason("backup_damaged", name=MANIFEST))
