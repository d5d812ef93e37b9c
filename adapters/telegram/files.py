"""Sends files to the Bot API: one request carries the file and its message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.events import OutgoingFile
from adapters.files import MB, FileRule
from clawdbot.http import multipart

CAPTION = 1024
_UPLOAD = 50 * MB
_VOICE = frozenset({"audio/ogg", "audio/mpeg", "audio/mp4"})
RULES = (
    FileRule("image", 10 * MB, frozenset({"image/jpeg", "image/png", "image/webp"}), caption=CAPTION),
    FileRule("image", _UPLOAD, frozenset({"image/gif"}), caption=CAPTION),
    FileRule("voice", _UPLOAD, _VOICE, caption=CAPTION),
    FileRule("audio", _UPLOAD, frozenset({"audio/mpeg", "audio/mp4"}), caption=CAPTION),
    FileRule("video", _UPLOAD, frozenset({"video/mp4"}), caption=CAPTION),
    FileRule("file", _UPLOAD, caption=CAPTION),
)
_METHODS = {
    "image": ("sendPhoto", "photo"),
    "voice": ("sendVoice", "voice"),
    "audio": ("sendAudio", "audio"),
    "video": ("sendVideo", "video"),
    "file": ("sendDocument", "document"),
}


def upload(body: Mapping[str, Any], file: OutgoingFile, kind: str) -> tuple[str, bytes, dict[str, str]]:
    """Returns (method, form, headers) of the call that sends a file with the fields of `body`."""
    method, name = _METHODS[kind]
    if kind == "image" and file.content_type == "image/gif":
        method, name = "sendAnimation", "animation"
    said = {"caption" if key == "text" else key: value for key, value in body.items() if key != "link_preview_options"}
    fields = {key: value if isinstance(value, str) else json.dumps(value) for key, value in said.items() if value != ""}
    if file.duration_s and kind in ("voice", "audio", "video"):
        fields["duration"] = str(round(file.duration_s))
    return method, *multipart(fields, {name: (file.name, file.read(), file.content_type)})
