"""Sends files to Feishu: upload, then send by key."""

from __future__ import annotations

from adapters.events import OutgoingFile
from adapters.files import MB, FileRule
from clawdbot.http import FormFile

_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
RULES = (
    FileRule("image", 10 * MB, _PICTURES),
    FileRule("voice", 30 * MB, frozenset({"audio/ogg"}), needs_duration=True),  # Feishu takes the duration of Opus only
    FileRule("video", 30 * MB, frozenset({"video/mp4"})),
    FileRule("file", 30 * MB),
)
_TYPES = {"pdf": "pdf", "doc": "doc", "docx": "doc", "xls": "xls", "xlsx": "xls", "ppt": "ppt", "pptx": "ppt"}
MESSAGES = {"image": "image", "voice": "audio", "video": "media", "file": "file"}


def form(file: OutgoingFile, kind: str) -> tuple[str, dict[str, str], dict[str, FormFile]]:
    """Returns (path, fields, files) of the upload."""
    part = (file.name, file.read(), file.content_type)
    if kind == "image":
        return "im/v1/images", {"image_type": "message"}, {"image": part}
    ending = file.name.rpartition(".")[2].lower()
    told = {"voice": "opus", "video": "mp4"}.get(kind) or _TYPES.get(ending, "stream")
    fields = {"file_type": told, "file_name": file.name}
    if file.duration_s and kind != "file":
        fields["duration"] = str(round(file.duration_s * 1000))
    return "im/v1/files", fields, {"file": part}
