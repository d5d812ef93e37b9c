"""Where archives lie: a folder, or a bucket of an S3-compatible storage."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from bots.maintenance.backup.errors import BackupError
from clawdbot.home_swap import sync_folder
from clawdbot.reasons import Reason

_STAMP = "%Y%m%dT%H%M%SZ"
_UPLOAD_S = 6 * 3600.0
_MULTIPART = 64 * 1024 * 1024
# A partial archive that has not grown for so long belongs to a killed process.
_LEFT_BEHIND_S = 3600.0


@dataclass(frozen=True, slots=True)
class Kept:
    """An archive in a place: its name, its size in bytes, the moment in its name, and whether it was scheduled."""

    name: str
    size: int
    made_at: datetime
    scheduled: bool


def archive_name(prefix: str, archive_id: str, scheduled: bool) -> str:
    """Returns the name of an archive, e.g. clawdbot-20261201T031000Z-1a2b3c-auto.tar."""
    return f"{prefix}-{archive_id}{'-auto' * scheduled}.tar"


def archive_id(moment: datetime, token: str) -> str:
    return f"{moment.astimezone(UTC).strftime(_STAMP)}-{token}"


def parse(prefix: str, name: str, size: int) -> Kept | None:
    """Returns what the name of an archive says; None for another name."""
    found = re.fullmatch(rf"{re.escape(prefix)}-(\d{{8}}T\d{{6}}Z)-[0-9a-f]{{6}}(-auto)?\.tar", name)
    if found is None:
        return None
    try:
        moment = datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Kept(name, size, moment, bool(found[2]))


class Place(Protocol):
    """A place of archives. Its methods raise `BackupError`."""

    shown: str
    local: bool

    def working_folder(self) -> Path: ...

    def store(self, path: Path, name: str) -> None: ...

    def kept(self, prefix: str) -> list[Kept]: ...

    def remove(self, name: str) -> None: ...

    def fetch(self, name: str, folder: Path) -> Path: ...


class Folder:
    """A folder of this machine, or one that is mounted here."""

    local = True

    def __init__(self, path: Path) -> None:
        self.path, self.shown = path, str(path)

    def working_folder(self) -> Path:
        """Returns the folder in which an archive is written before it gets its name; makes it if needed."""
        with _told(self.shown):
            if not self.path.exists():
                self.path.mkdir(mode=0o700, parents=True)
            if not os.access(self.path, os.W_OK | os.X_OK):
                raise BackupError(Reason("backup_place_unusable", place=self.shown, why="Permission denied"))
            for left in self.path.glob(".*.partial"):
                if time.time() - left.stat().st_mtime > _LEFT_BEHIND_S:
                    left.unlink(missing_ok=True)
        return self.path

    def store(self, path: Path, name: str) -> None:
        """Gives the written archive its name: from now on a list shows it."""
        with _told(self.shown):
            os.rename(path, self.path / name)
            sync_folder(self.path)

    def kept(self, prefix: str) -> list[Kept]:
        """Returns the archives of this prefix, newest first."""
        if not self.path.is_dir():
            return []
        with _told(self.shown):
            found = [parse(prefix, one.name, one.stat().st_size) for one in self.path.iterdir() if one.is_file()]
        return sorted((one for one in found if one), key=lambda one: one.made_at, reverse=True)

    def remove(self, name: str) -> None:
        with _told(self.shown):
            (self.path / name).unlink(missing_ok=True)

    def fetch(self, name: str, folder: Path) -> Path:
        return self.path / name


class Bucket:
    """A bucket of an S3-compatible storage. A stored object is whole: the storage shows no part of one."""

    local = False

    def __init__(self, bucket: str, prefix: str, home: Path) -> None:
        self._bucket, self._prefix = bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._home = home
        self.shown = f"s3://{bucket}/{self._prefix}"

    def working_folder(self) -> Path:
        """Returns a folder of the home: the archive is written there and then uploaded."""
        return Folder(self._home / "run" / "backup").working_folder()

    def store(self, path: Path, name: str) -> None:
        """Uploads the archive and removes it here."""
        from boto3.s3.transfer import TransferConfig

        end = time.monotonic() + _UPLOAD_S

        def on_time(_count: int) -> None:
            if time.monotonic() > end:
                raise BackupError(Reason("backup_place_unusable", place=self.shown, why="timeout"))

        with self._client() as client:
            extra = {"ContentType": "application/x-tar"}
            config = TransferConfig(multipart_threshold=_MULTIPART, multipart_chunksize=_MULTIPART, use_threads=False)
            client.upload_file(
                str(path), self._bucket, self._prefix + name, ExtraArgs=extra, Callback=on_time, Config=config
            )
            stored = client.head_object(Bucket=self._bucket, Key=self._prefix + name)["ContentLength"]
        if stored != path.stat().st_size:
            raise BackupError(Reason("backup_place_unusable", place=self.shown, why="the size differs"))
        path.unlink()

    def kept(self, prefix: str) -> list[Kept]:
        """Returns the archives of this prefix, newest first."""
        found = []
        with self._client() as client:
            pages = client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._prefix}{prefix}-"
            )
            for page in pages:
                found += [
                    (str(one["Key"]).removeprefix(self._prefix), int(one["Size"])) for one in page.get("Contents", ())
                ]
        archives = (parse(prefix, name, size) for name, size in found)
        return sorted((one for one in archives if one), key=lambda one: one.made_at, reverse=True)

    def remove(self, name: str) -> None:
        with self._client() as client:
            client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    def fetch(self, name: str, folder: Path) -> Path:
        """Downloads an archive into a folder."""
        target = folder / name
        end = time.monotonic() + _UPLOAD_S
        with self._client() as client:
            body = client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"]
            with _told(self.shown), target.open("xb") as out:
                while data := body.read(1024 * 1024):
                    if time.monotonic() > end:
                        raise BackupError(Reason("backup_place_unusable", place=self.shown, why="timeout"))
                    out.write(data)
        return target

    @contextlib.contextmanager
    def _client(self) -> Iterator[Any]:
        import boto3
        from boto3.exceptions import Boto3Error
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        config, uploads = settings.CLAWDBOT.backup, settings.CLAWDBOT.uploads
        access = config.access_key.get_secret_value() or uploads.access_key.get_secret_value()
        secret = config.secret_key.get_secret_value() or uploads.secret_key.get_secret_value()
        try:
            client = boto3.client(
                "s3",
                endpoint_url=config.endpoint or uploads.endpoint or None,
                region_name=config.region or uploads.region or None,
                aws_access_key_id=access or None,
                aws_secret_access_key=secret or None,
                config=Config(
                    signature_version="s3v4",
                    s3={"addressing_style": "path"},
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    connect_timeout=10,
                    read_timeout=60,
                    retries={"max_attempts": 4, "mode": "standard"},
                ),
            )
            yield client
        except (BotoCoreError, ClientError, Boto3Error) as error:
            code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
            told = str(code or str(error).splitlines()[0])[:200]
            raise BackupError(Reason("backup_place_unusable", place=self.shown, why=told)) from None


@contextlib.contextmanager
def _told(shown: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(
            Reason("backup_place_unusable", place=shown, why=error.strerror or type(error).__name__)
        ) from None


def place(to: str = "") -> Place:
    """Returns the place that the operator names; that of the settings without a name.

    Raises:
        BackupError: It is neither a folder nor s3://bucket/prefix.
    """
    home = Path(settings.CLAWDBOT.home)
    chosen = to or settings.CLAWDBOT.backup.to
    if not chosen:
        return Folder(home / "backups")
    scheme, mark, _rest = chosen.partition("://")
    if not mark:
        return Folder(Path(os.path.expanduser(chosen)).absolute())
    parts = urlsplit(chosen)
    if scheme.lower() != "s3" or not parts.hostname or parts.username or parts.query:
        raise BackupError(Reason("backup_place_unknown", place=chosen.partition("?")[0][:200]))
    return Bucket(parts.netloc, parts.path, home)


def require_space(folder: Path, needed: int, margin: int = 64 * 1024 * 1024) -> None:
    """Refuses to begin what would fill the disk.

    Raises:
        BackupError: Less than `needed` bytes and a margin are free.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + margin:
        wanted = (needed + margin) // 2**20 + 1
        raise BackupError(Reason("backup_no_space", folder=str(folder), needed=wanted, free=free // 2**20))
