"""Small files with the magic bytes of their type."""

from __future__ import annotations

from typing import Any

from adapters.events import OutgoingFile, OutgoingMessage
from adapters.media import content_type_of, duration_s, kind_of
from adapters.simulation import ApiCall
from tests.http_server import Recorded

PNG = b"\x89PNG\r\n\x1a\n--not a boundary\r\n\r\n" + bytes(range(256))
JPEG = b"\xff\xd8\xff" + bytes(90)
GIF = b"GIF89a" + bytes(90)
AMR = b"#!AMR\n" + (bytes([0x3C]) + bytes(31)) * 100  # two seconds
OPUS = (
    b"OggS\x00\x02" + bytes(22) + b"OpusHead" + bytes(40) + b"OggS\x00\x04" + (144_000).to_bytes(8, "little") + bytes(9)
)
MP3 = b"ID3" + bytes(90)
M4A = (
    b"\x00\x00\x00\x18ftypM4A " + bytes(8) + b"mvhd" + bytes(12) + (1000).to_bytes(4, "big") + (2500).to_bytes(4, "big")
)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(90)
PDF = b"%PDF-1.7" + bytes(90)
ODD = b"MZ\xff\xfe" + bytes(90)
SAMPLES = {
    "图 表.png": PNG,
    "photo.jpg": JPEG,
    "dance.gif": GIF,
    "note.amr": AMR,
    "note.ogg": OPUS,
    "song.mp3": MP3,
    "memo.m4a": M4A,
    "film.mp4": MP4,
    "report.pdf": PDF,
    'odd "name".exe': ODD,
}
WORDS = "in place of the file"


def outgoing(name: str, body: bytes | None = None, **values: Any) -> OutgoingFile:
    """Returns a sample file, or one with these bytes."""
    held = SAMPLES[name] if body is None else body
    found = content_type_of(held)
    voice = values.pop("voice", False)
    told: dict[str, Any] = {
        "kind": kind_of(found, voice=voice),
        "name": name,
        "content_type": found,
        "size": len(held),
        "read": lambda: held,
        "duration_s": duration_s(held),
        "in_words": WORDS,
    }
    return OutgoingFile(**told | values)


def message(file: OutgoingFile, text: str = "", **values: Any) -> OutgoingMessage:
    told: dict[str, Any] = {"chat_id": "42", "text": text, "file": file, "idempotency_key": "k1"}
    return OutgoingMessage(**told | values)


def form_of(request: Recorded) -> tuple[dict[str, str], dict[str, Any]]:
    """Returns fields and files of a recorded upload."""
    return ApiCall(request.method, request.path, {}, request.headers, request.body).form()
