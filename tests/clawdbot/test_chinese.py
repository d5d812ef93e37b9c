"""Traditional Chinese read as simplified."""

from __future__ import annotations

import pytest

from clawdbot.chinese import simplified


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("上週五我跟媽媽去臺北看電影", "上周五我跟妈妈去台北看电影"),
        ("兩天後", "两天后"),
        ("成都", "成都"),
        ("tea 茶", "tea 茶"),
    ],
)
def test_every_character_stays_in_its_place(written: str, read: str) -> None:
    assert simplified(written) == read


def test_what_is_no_chinese_is_left_alone() -> None:
    for text in ("", "tea", "ひらがな カタカナ", "한국어", "🎉\ud800", "Ünïcode"):
        assert simplified(text) == text
