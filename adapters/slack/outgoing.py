"""Files to Slack: an address to upload to, the upload, and a last call that shows the file in the channel."""

from __future__ import annotations

from typing import Any

from adapters.events import OutgoingFile, OutgoingMessage
from adapters.files import MB, FileRule
from adapters.slack import render

CAPTION = 4000
# One limit for everything: Slack shows what it can show by the name's ending.
RULES = tuple(FileRule(kind, 1024 * MB, caption=CAPTION) for kind in ("image", "audio", "video", "file"))


def wanted(file: OutgoingFile) -> dict[str, str]:
    """What files.getUploadURLExternal is asked."""
    return {"filename": file.name, "length": str(file.size)}


def shown(message: OutgoingMessage, file: OutgoingFile, file_id: str) -> dict[str, Any]:
    """What files.completeUploadExternal is told."""
    body: dict[str, Any] = {"files": [{"id": file_id, "title": file.name}], "channel_id": message.chat_id}
    if message.thread_id:
        body["thread_ts"] = message.thread_id
    if message.text:
        body["initial_comment"] = render.to_mrkdwn(message.text)
    return body
