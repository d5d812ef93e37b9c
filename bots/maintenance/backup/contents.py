"""What an archive holds besides the databases: keys, configuration, uploads, the journal of sends."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.files.storage import Storage, storages
from pydantic import BaseModel, SecretStr

from bots.maintenance.backup.errors import BackupError
from bots.models import ReceivedFile, SentFile
from bots.pipeline.outbox import journal
from clawdbot.reasons import Reason

CONFIGURATION = "configuration.yaml"
_HIDDEN = "***"
_BATCH = 2000


def secrets_of(home: Path, configuration: Path | None) -> bytes:
    """Returns a tar file of the keys and the configuration file, which may hold secrets.

    Raises:
        BackupError: One of them cannot be read.
    """
    found = {f"keys/{path.name}": path for path in sorted((home / "keys").glob("*")) if _is_key(path)}
    if configuration is not None:
        found[CONFIGURATION] = configuration
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name, path in found.items():
            try:
                body = path.read_bytes()
            except OSError as error:
                raise BackupError(Reason("backup_unreadable", name=path.name, why=error.strerror or "")) from None
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(body), 0o600
            tar.addfile(info, io.BytesIO(body))
    return held.getvalue()


def _is_key(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def unpack_secrets(body: bytes, folder: Path) -> list[str]:
    """Writes the members of `secrets_of` into a folder; returns their names.

    Raises:
        BackupError: It holds something else.
    """
    names = []
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as tar:
        for info in tar:
            parts = PurePosixPath(info.name).parts
            known = info.name == CONFIGURATION or (len(parts) == 2 and parts[0] == "keys" and ".." not in parts)
            source = tar.extractfile(info) if known and info.isreg() else None
            if source is None:
                raise BackupError(Reason("backup_damaged", name="sealed"))
            target = folder / info.name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.touch(mode=0o600)
            target.write_bytes(source.read())
            names.append(info.name)
    return names


def shown_settings() -> dict[str, Any]:
    """Returns the settings without secrets."""
    config = settings.CLAWDBOT
    return {name: _shown(getattr(config, name), name) for name in type(config).model_fields}


def _shown(value: Any, name: str = "") -> Any:
    if isinstance(value, SecretStr):
        return _HIDDEN if value.get_secret_value() else ""
    if isinstance(value, BaseModel):
        return {key: _shown(getattr(value, key), key) for key in type(value).model_fields}
    if name == "config":  # of a skill: any of it may be a key
        return dict.fromkeys(value, _HIDDEN)
    if isinstance(value, (list, tuple)):
        return [_shown(one, name) for one in value]
    if isinstance(value, Mapping):
        return {str(key): _shown(one, str(key)) for key, one in value.items()}
    if isinstance(value, str) and "://" in value:
        return _without_login(value)
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def _without_login(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return _HIDDEN
    login, mark, host = parts.netloc.rpartition("@")
    user = f"{login.partition(':')[0]}:{_HIDDEN}" if ":" in login else login
    query = _HIDDEN if parts.query else ""
    return urlunsplit((parts.scheme, user + mark + host, parts.path, query, ""))


def upload_names() -> Iterator[str]:
    """Yields the names of the stored files that rows mention."""
    for model in (ReceivedFile, SentFile):
        rows = model._default_manager.exclude(file="").order_by("pk").values_list("file", flat=True)
        yield from rows.iterator(chunk_size=_BATCH)


def upload_size() -> int:
    """Returns about how many bytes the stored files take."""
    total = 0
    for model in (ReceivedFile, SentFile):
        sizes = model._default_manager.exclude(file="").order_by().values_list("size", flat=True)
        total += sum(sizes.iterator(chunk_size=_BATCH))
    return total


def uploads() -> Storage:
    return storages["uploads"]


def journal_marks() -> dict[str, list[Any]]:
    """Returns the last step of each send of this machine's journals by the id of its row: attempt, step, message id."""
    folder = Path(settings.CLAWDBOT.home) / "journal"
    found: dict[str, list[Any]] = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        marks = journal.read(path.name)
        for row_id, mark in marks.by_row.items() if marks is not None else ():
            known = found.get(str(row_id))
            if known is None or known[0] <= mark.attempt:
                found[str(row_id)] = [mark.attempt, mark.step, mark.message_id]
    return found


def read_marks(body: bytes) -> dict[int, tuple[int, str, str]]:
    """Returns the marks of `journal_marks`; what is no mark is left out."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    marks = {}
    for row_id, mark in found.items() if isinstance(found, dict) else ():
        if row_id.isdigit() and isinstance(mark, list) and len(mark) == 3:
            marks[int(row_id)] = (int(mark[0]), str(mark[1]), str(mark[2]))
    return marks
