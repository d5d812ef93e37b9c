"""Files to Discord: part of the request that sends the message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from adapters.events import OutgoingFile
from adapters.files import MB, FileRule
from clawdbot.http import multipart

CAPTION = 1900  # of 2000; links grow when they are shown without their picture
# One limit for everything: Discord shows what it can show by the name's ending.
RULES = tuple(FileRule(kind, 10 * MB, caption=CAPTION) for kind in ("image", "audio", "video", "file"))


def form(body: Mapping[str, Any], file: OutgoingFile) -> tuple[bytes, dict[str, str]]:
    """The upload form of a message with one file, and its header."""
    told = {**body, "attachments": [{"id": 0, "filename": file.name}]}
    payload = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return multipart({"payload_json": payload}, {"files[0]": (file.name, file.read(), file.content_type)})
