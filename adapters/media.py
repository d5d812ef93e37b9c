"""What a downloaded file is, told from its bytes: names and headers come from strangers."""

from __future__ import annotations

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"OggS", "audio/ogg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"PK\x03\x04", "application/zip"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftyp", "video/mp4"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
UNKNOWN = "application/octet-stream"
_HTML = (b"<!doctype html", b"<html")
# What can hide behind these; what is said about the file may be finer than what its first bytes show.
_FINER = {
    "application/zip": ("application/",),
    "audio/ogg": ("audio/", "video/"),
    "video/mp4": ("audio/", "video/"),
    "video/webm": ("audio/", "video/"),
    "text/plain": ("text/", "application/json", "application/xml"),
    UNKNOWN: ("application/",),
}


def content_type_of(body: bytes) -> str:
    """The content type of a file by its first bytes; "text/plain" for clean UTF-8, else `UNKNOWN`."""
    if body[:4] == b"RIFF" and body[8:12] in _RIFF:
        return _RIFF[body[8:12]]
    for offset, magic, content_type in _MAGIC:
        if body.startswith(magic, offset):
            return content_type
    if body[:64].lstrip().lower().startswith(_HTML):
        return "text/html"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return UNKNOWN
    return "text/plain" if body and b"\x00" not in body else UNKNOWN


def content_type(body: bytes, told: str) -> str:
    """The content type of a file by its bytes, and by what is told where that only refines it.

    Args:
        body: The file.
        told: What sender or platform say; "" when they say nothing.
    """
    told = told.partition(";")[0].strip().lower()
    shown = content_type_of(body)
    return told if told != "text/html" and told.startswith(_FINER.get(shown, ("\0",))) else shown
