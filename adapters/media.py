"""Detects the content type and duration of a file from its bytes, because names and headers are untrusted."""

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
    (0, b"#!SILK", "audio/silk"),
    (1, b"#!SILK", "audio/silk"),  # as WeChat writes it
    (0, b"caff", "audio/x-caf"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"\xff\xfa", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
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
# The first bytes show only these general types; the declared type of the file may refine them.
_FINER = {
    "application/zip": ("application/",),
    "audio/ogg": ("audio/", "video/"),
    "video/mp4": ("audio/", "video/"),
    "video/webm": ("audio/", "video/"),
    "text/plain": ("text/", "application/json", "application/xml"),
    UNKNOWN: ("application/",),
}


def content_type_of(body: bytes) -> str:
    """Returns the content type of a file by its first bytes; "text/plain" for clean UTF-8, else `UNKNOWN`."""
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
    """Returns the content type of a file by its bytes. The declared type may only refine it.

    Args:
        body: Bytes of the file.
        told: Content type declared by sender or platform; "" when there is none.
    """
    told = told.partition(";")[0].strip().lower()
    shown = content_type_of(body)
    return told if told != "text/html" and told.startswith(_FINER.get(shown, ("\0",))) else shown


def kind_of(content_type: str, *, voice: bool = False) -> str:
    """Returns the kind of a file of this content type: "image", "voice", "audio", "video" or "file"."""
    family = content_type.partition("/")[0]
    if family == "audio":
        return "voice" if voice else "audio"
    return family if family in ("image", "video") and content_type not in _NOT_SHOWN else "file"


# Images that chats do not show, or that can hold scripts.
_NOT_SHOWN = frozenset({"image/svg+xml", "image/heic", "image/tiff", "image/bmp"})


def duration_s(body: bytes) -> float:
    """Returns the length of a recording in seconds (Opus in Ogg, MP4, M4A, WAV, AMR, MP3); 0 when it is unknown."""
    try:
        if body.startswith(b"OggS"):
            return _ogg_s(body)
        if body.startswith(b"#!AMR\n"):
            return _amr_s(body)
        if body[:4] == b"RIFF" and body[8:12] == b"WAVE":
            per_s = int.from_bytes(body[28:32], "little")
            return max(len(body) - 44, 0) / per_s if per_s else 0.0
        if body[4:8] == b"ftyp":
            return _mp4_s(body)
        if content_type_of(body) == "audio/mpeg":
            return _mp3_s(body)
    except IndexError:
        pass  # truncated file
    return 0.0


def _ogg_s(body: bytes) -> float:
    # The last page holds the number of samples; Opus always counts 48,000 per second.
    last = body.rfind(b"OggS")
    samples = int.from_bytes(body[last + 6 : last + 14], "little")
    return samples / 48_000 if b"OpusHead" in body[:64] and samples < 2**62 else 0.0


_AMR_FRAME = (13, 14, 16, 18, 20, 21, 27, 32, 6)  # bytes of a frame by mode; each frame lasts 20 ms


def _amr_s(body: bytes) -> float:
    position, frames = 6, 0
    while position < len(body):
        mode = body[position] >> 3 & 15
        position += _AMR_FRAME[mode] if mode < len(_AMR_FRAME) else 1
        frames += 1
    return frames * 0.02


def _mp4_s(body: bytes) -> float:
    at = body.find(b"mvhd")
    if at < 0:
        return 0.0
    wide = body[at + 4] == 1
    start = at + (24 if wide else 16)
    per_s = int.from_bytes(body[start : start + 4], "big")
    length = int.from_bytes(body[start + 4 : start + (12 if wide else 8)], "big")
    return length / per_s if per_s else 0.0


_MP3_KBPS = {  # by version: layer III of MPEG 1, and of MPEG 2 and 2.5
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}


def _mp3_s(body: bytes) -> float:
    # Speech has a constant rate as a rule, so the first frame tells the length.
    start = 0
    if body.startswith(b"ID3"):
        size = (body[6] << 21) + (body[7] << 14) + (body[8] << 7) + body[9]
        start = 10 + size
    while start + 4 < len(body) and not (body[start] == 0xFF and body[start + 1] & 0xE0 == 0xE0):
        start += 1
    kbps = _MP3_KBPS[body[start + 1] & 0x18 == 0x18][body[start + 2] >> 4]
    return (len(body) - start) / (kbps * 125) if kbps else 0.0
