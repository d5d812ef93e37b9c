"""Sends files to WeCom: upload, then send by media id, which is valid for three days."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from adapters.events import OutgoingFile
from adapters.files import MB, FileRule
from clawdbot.http import multipart

_PICTURES = frozenset({"image/jpeg", "image/png"})
_VOICE = FileRule("voice", 2 * MB, frozenset({"audio/amr"}))
_FILE = FileRule("file", 20 * MB)
APP_RULES = (
    FileRule("image", 10 * MB, _PICTURES),
    _VOICE,
    FileRule("video", 10 * MB, frozenset({"video/mp4"})),
    _FILE,
)
ROBOT_RULES = (FileRule("image", 2 * MB, _PICTURES), _VOICE, _FILE)


def upload(file: OutgoingFile) -> tuple[bytes, dict[str, str]]:
    """Returns the upload form and its headers."""
    return multipart({}, {"media": (file.name, file.read(), file.content_type)})


def shown(media_id: str, kind: str) -> dict[str, Any]:
    """Returns the part of a message that shows an uploaded file."""
    return {"msgtype": kind, kind: {"media_id": media_id}}


def picture(file: OutgoingFile) -> dict[str, Any]:
    """Returns the image message of a group robot, which contains the image itself."""
    body = file.read()
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return {"msgtype": "image", "image": {"base64": base64.b64encode(body).decode(), "md5": digest}}
