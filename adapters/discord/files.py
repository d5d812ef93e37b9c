"""Sends files to Discord in the request that sends the message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.events import OutgoingFile
from adapters.files import MB, FileRule
from clawdbot.http import multipart

CAPTION = 1900  # below Discord's 2000, because an image link grows when it is rendered as text
# One limit for all kinds, because Discord decides by the file extension how to show a file.
RULES = tuple(FileRule(kind, 10 * MB, caption=CAPTION) for kind in ("image", "audio", "video", "file"))


def form(body: Mapping[str, Any], file: OutgoingFile) -> tuple[bytes, dict[str, str]]:
    """Returns the upload form of a message with one file, and its headers."""
    told = {**body, "attachments": [{"id": 0, "filename": file.name}]}
    payload = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return multipart({"payload_json": payload}, {"files[0]": (file.name, file.read(), file.content_type)})
