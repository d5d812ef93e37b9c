"""Sends files to WhatsApp: upload, then send by media id."""

from __future__ import annotations

from typing import Any

from adapters.events import OutgoingFile
from adapters.files import MB, FileRule
from adapters.whatsapp import render

CAPTION = 1000  # below WhatsApp's 1024, because markup may add characters
_AUDIO = frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr"})
RULES = (
    FileRule("image", 5 * MB, frozenset({"image/jpeg", "image/png"}), caption=CAPTION),
    FileRule("voice", 16 * MB, frozenset({"audio/ogg"})),
    FileRule("audio", 16 * MB, _AUDIO),
    FileRule("video", 16 * MB, frozenset({"video/mp4", "video/3gpp"}), caption=CAPTION),
    FileRule("file", 100 * MB, caption=CAPTION),
)


def content(media_id: str, text: str, file: OutgoingFile, kind: str) -> dict[str, Any]:
    """Returns the part of a message that shows an uploaded file."""
    name = {"voice": "audio", "file": "document"}.get(kind, kind)
    shown: dict[str, Any] = {"id": media_id}
    if kind == "voice":
        shown["voice"] = True
    if kind == "file":
        shown["filename"] = file.name
    if text and kind not in ("voice", "audio"):
        shown["caption"] = render.to_whatsapp(text)
    return {"type": name, name: shown}
