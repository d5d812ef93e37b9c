from __future__ import annotations

import pytest

from adapters.media import content_type


@pytest.mark.parametrize(
    ("content", "told", "shown"),
    [
        (b"\xff\xd8\xff\xe0..", "image/png", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "", "image/webp"),
        (b"\x00\x00\x00\x18ftypM4A ", "video/mp4", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypisom", "audio/mp4", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypisom", "text/html", "video/mp4"),
        (b"OggS\x00", "audio/ogg; codecs=opus", "audio/ogg"),
        (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", None),
        (b"  <!DOCTYPE html><title>Log in", "image/png", "text/html"),
        (b"plain words", "Text/Plain; charset=utf-8", "text/plain"),
        (b"a;b\n1;2", "text/csv", "text/csv"),
        (b"<svg onload=...", "image/svg+xml", "text/plain"),
        (b"hello", "text/html", "text/plain"),
        (b"\x00\x01", "application/x-custom", "application/x-custom"),
        (b"", "", "application/octet-stream"),
    ],
)
def test_the_bytes_decide_and_what_is_told_only_refines(content: bytes, told: str, shown: str | None) -> None:
    assert content_type(content, told) == (told if shown is None else shown)
