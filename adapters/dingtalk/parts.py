"""Reads the files and the rich text of a DingTalk message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.events import Attachment
from adapters.payload import as_id, as_list, as_object, as_text

Json = Mapping[str, Any]

_FILES = {"picture": "image", "audio": "voice", "video": "video", "file": "file"}


def rich(content: Json) -> Iterator[Json]:
    items = as_list(as_object(content, "content"), "richText") or as_list(content, "richText")
    return (item for item in items if isinstance(item, dict))


def files_of(content: Json, kind: str) -> Iterator[Attachment]:
    if kind in _FILES:
        yield _file(_FILES[kind], as_object(content, "content"))
    elif kind == "richText":
        for item in rich(content):
            if as_text(item, "downloadCode") or as_text(item, "pictureDownloadCode"):
                yield _file(_FILES.get(as_text(item, "type"), "image"), item)


def _file(kind: str, body: Json) -> Attachment:
    return Attachment(
        kind,
        as_text(body, "downloadCode") or as_text(body, "pictureDownloadCode"),
        name=as_text(body, "fileName") or None,
        duration=_seconds(as_id(body, "duration"), 1 if kind == "video" else 1000),
        transcript=as_text(body, "recognition") or None,
    )


def _seconds(told: str | None, unit: int) -> float | None:
    # Audio has milliseconds as a number, video has seconds as a string.
    return int(told) / unit if told and re.fullmatch("[0-9]{1,12}", told) else None
