"""What other programs say is taken by every database, and loses no more than it must."""

from __future__ import annotations

import pytest

from clawdbot.storable_text import storable


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("plain %s {x}\n\ttext", "plain %s {x}\n\ttext"),
        ("a\0b\0", "ab"),
        ("\ud83d\ude00", "😀"),
        ("a\ud83d", "a\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("价格 \udcff€", "价格 \ufffd€"),
        ("👩\u200d👩\u200d👧 \u202e", "👩\u200d👩\u200d👧 \u202e"),
    ],
)
def test_only_what_no_database_takes_is_changed(text: str, kept: str) -> None:
    assert storable(text) == kept
    kept.encode()
