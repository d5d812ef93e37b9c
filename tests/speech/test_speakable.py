"""What is read aloud of an answer."""

from __future__ import annotations

import pytest

from bots.speech.speakable import LONGEST, speakable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is **very** cold, *isn't* it?", "It is very cold, isn't it?"),
        ("# Plan\n\n- tea\n- [x] milk\n\n> quoted", "Plan\ntea\nmilk\nquoted"),
        ("See [the page](https://example.com/a_(b)) or https://example.com/x?y=1.", "See the page) or"),
        ("3 * 4 = 12 and file_name_here stays", "3 * 4 = 12 and file_name_here stays"),
        ("好的😀，我记住了👍🏽！", "好的，我记住了！"),
        ("明天 **15:00** 开会", "明天 15:00 开会"),
        (r"1\. not a list", "1. not a list"),
    ],
)
def test_marks_are_not_read(text: str, said: str) -> None:
    assert speakable(text).startswith(said)


@pytest.mark.parametrize(
    "text",
    ["```py\nprint(1)\n```", "| a | b |\n|---|---|\n| 1 | 2 |", "word " * LONGEST, "👍", "", "https://example.com"],
)
def test_what_is_to_be_read_by_eye_is_not_spoken(text: str) -> None:
    assert speakable(text) == ""
