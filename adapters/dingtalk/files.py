"""Sends files to DingTalk: upload, then send by media id. Reply addresses and group robots accept no files."""

from __future__ import annotations

from adapters.events import OutgoingFile
from adapters.files import MB, FileRule
from clawdbot.http import multipart

_ENDINGS = (".doc", ".docx", ".pdf", ".rar", ".xlsx", ".zip")
_SOUND = frozenset({"audio/amr", "audio/mpeg", "audio/wav"})
RULES = (
    FileRule("image", 20 * MB, frozenset({"image/jpeg", "image/png", "image/gif"})),
    FileRule("voice", 2 * MB, _SOUND, needs_duration=True),
    FileRule("file", 20 * MB, endings=_ENDINGS),
)


def upload(file: OutgoingFile) -> tuple[bytes, dict[str, str]]:
    """Returns the upload form and its headers."""
    return multipart({}, {"media": (file.name, file.read(), file.content_type)})


def robot_message(media_id: str, file: OutgoingFile, kind: str) -> tuple[str, dict[str, str]]:
    """Returns (msgKey, msgParam) of an uploaded file."""
    if kind == "image":
        return "sampleImageMsg", {"photoURL": media_id}
    if kind == "voice":
        return "sampleAudio", {"mediaId": media_id, "duration": str(round(file.duration_s * 1000))}
    ending = file.name.rpartition(".")[2].lower()
    return "sampleFile", {"mediaId": media_id, "fileName": file.name, "fileType": ending}
