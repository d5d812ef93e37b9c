"""Sends files to Slack: asks for an upload address, uploads, and shows the file in the channel."""

from __future__ import annotations

from typing import Any

from adapters.events import OutgoingFile, OutgoingMessage
from adapters.files import MB, FileRule
from adapters.slack import render

CAPTION = 4000
# One limit for all kinds, because Slack decides by the file extension how to show a file.
RULES = tuple(FileRule(kind, 1024 * MB, caption=CAPTION) for kind in ("image", "audio", "video", "file"))


def wanted(file: OutgoingFile) -> dict[str, str]:
    """Returns the arguments of files.getUploadURLExternal."""
    return {"filename": file.name, "length": str(file.size)}


def shown(message: OutgoingMessage, file: OutgoingFile, file_id: str) -> dict[str, Any]:
    """Returns the arguments of files.completeUploadExternal."""
    body: dict[str, Any] = {"files": [{"id": file_id, "title": file.name}], "channel_id": message.chat_id}
    if message.thread_id:
        body["thread_ts"] = message.thread_id
    if message.text:
        body["initial_comment"] = render.to_mrkdwn(message.text)
    return body
