"""Sends files to LINE, which fetches them from a public https address and accepts only types it can show."""

from __future__ import annotations

from typing import Any

from adapters.events import OutgoingFile
from adapters.files import MB, FileRule

PREVIEW_BYTES = 1 * MB
RULES = (
    FileRule("image", 10 * MB, frozenset({"image/jpeg", "image/png"}), by_url=True),
    FileRule("audio", 200 * MB, frozenset({"audio/mp4", "audio/mpeg"}), by_url=True, needs_duration=True),
    FileRule("video", 200 * MB, frozenset({"video/mp4"}), by_url=True),
)


def message(file: OutgoingFile, kind: str) -> dict[str, Any]:
    """Returns the message that shows a file."""
    shown: dict[str, Any] = {"type": kind, "originalContentUrl": file.url}
    if kind == "audio":
        return shown | {"duration": round(file.duration_s * 1000)}
    # LINE requires a preview image for every image. A small image is its own preview.
    small = kind == "image" and file.size <= PREVIEW_BYTES
    return shown | {"previewImageUrl": file.url if small else file.preview_url}
