"""Deletes files that nothing shows: uploads that no message uses, and files on disk that no row knows.

A row is written before its bytes and deleted before them, so a killed process can leave either without the other. All
of them get a day of grace: a message may be about to use them.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.db import transaction

from bots.models import ReceivedFile, SentFile
from bots.models.file import StoredFile, uploads

logger = logging.getLogger(__name__)

GRACE = timedelta(days=1)
_BATCH = 200
_PAUSE_S = 0.05
_MODELS: tuple[type[StoredFile], ...] = (ReceivedFile, SentFile)
# Names that the product gives. What else lies there is somebody's.
_OURS = re.compile(r"([0-9]+-[0-9]+|[0-9a-f-]{32,36}|[A-Za-z0-9_-]{16,80})(\.[a-z0-9]{1,8})?")


def delete_unused(now: datetime, check: Callable[[], None]) -> int:
    """Deletes files that were stored for a message that was never written; returns how many."""
    before = now - GRACE
    unused = (
        SentFile.objects.filter(message=None, created_at__lt=before),
        ReceivedFile.objects.filter(inbound=None, created_at__lt=before, kind="voice"),
    )
    deleted = 0
    for rows in unused:
        while True:
            check()
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH])
            if not ids:
                break
            with transaction.atomic():
                deleted += rows.filter(pk__in=ids).delete()[0]
            time.sleep(_PAUSE_S)
    return deleted


def delete_stray(now: datetime, check: Callable[[], None]) -> int:
    """Deletes files under `uploads` that no row knows; returns how many.

    Only in a folder of this installation: others may keep files in the same bucket.
    """
    storage = uploads()
    if not isinstance(storage, FileSystemStorage):
        return 0
    root, deleted = Path(storage.location), 0
    for folder in _folders(root):
        check()
        paths = {path.relative_to(root).as_posix(): path for path in _files_before(folder, (now - GRACE).timestamp())}
        for names in _batches(sorted(set(paths) - _known(folder.name)) if paths else []):
            check()
            # By name alone: a row may belong to a conversation of another channel.
            found = {name for model in _MODELS for name in _names(model, file__in=names)}
            deleted += sum(_unlink(paths[name]) for name in names if name not in found)
    return deleted


def _batches(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _BATCH):
        yield names[start : start + _BATCH]


def _folders(root: Path) -> Iterator[Path]:
    """Yields the folders of channels, also of deleted ones."""
    if root.is_dir():
        yield from (one for one in sorted(root.iterdir()) if one.is_dir() and not one.is_symlink())


def _files_before(folder: Path, moment: float) -> list[Path]:
    found = []
    for path in folder.rglob("*"):
        try:
            old = path.is_file() and not path.is_symlink() and path.stat().st_mtime < moment
        except OSError:  # it is gone, or cannot be read
            continue
        if old and _OURS.fullmatch(path.name):
            found.append(path)
    return found


def _known(public_id: str) -> set[str]:
    """Returns the names of the files of a channel."""
    return {name for model in _MODELS for name in _names(model, conversation__channel__public_id=public_id)}


def _names(model: type[StoredFile], **where: Any) -> Iterator[str]:
    rows = model._default_manager.filter(**where).order_by()
    yield from rows.values_list("file", flat=True).iterator(chunk_size=2000)


def _unlink(path: Path) -> int:
    try:
        path.unlink()
    except OSError as error:
        logger.warning("retention: a stray file stays: %s", type(error).__name__)
        return 0
    return 1
