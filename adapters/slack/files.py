"""Reads the files of a Slack message as attachments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.events import Attachment
from adapters.payload import as_id, as_int, as_list, as_number, as_object, as_text

# Marks of a refused download: a redirect, a status, or the log-in page.
REFUSED = frozenset({"media_gone", "no_rights"})
_GONE = frozenset({"tombstone", "hidden_by_limit"})


def attachments(message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Returns the attachments of the message that are not deleted."""
    files = [item for item in as_list(message, "files") if isinstance(item, dict)]
    return tuple(_attachment(item) for item in files if as_text(item, "mode") not in _GONE and as_id(item, "id"))


def _attachment(item: Mapping[str, Any]) -> Attachment:
    mime = as_text(item, "mimetype")
    duration = as_number(item, "duration_ms")
    return Attachment(
        _type(mime, as_text(item, "subtype")),
        as_id(item, "id") or "",
        url=as_text(item, "url_private_download") or as_text(item, "url_private") or None,
        mime=mime or None,
        name=as_text(item, "name") or as_text(item, "title") or None,
        size=as_int(item, "size"),
        duration=None if duration is None else duration / 1000,
        transcript=as_text(as_object(as_object(item, "transcription"), "preview"), "content") or None,
    )


def _type(mime: str, subtype: str) -> str:
    if subtype == "slack_audio":
        return "voice"
    family = mime.partition("/")[0]
    return family if family in ("image", "audio", "video") else "file"
