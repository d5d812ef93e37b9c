"""The other formats of the platforms of China: the API of a robot, plain text, and the text for a refused card."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from adapters import registry
from adapters.dingtalk.render import robot_message, title
from adapters.feishu.render import plain as feishu
from adapters.wecom.render import to_plain
from tests.adapters.contract import CASES
from tests.adapters.rendering import FENCE_WITH_WORDS, TEXTS, assert_all_there, fences, numbered


def dingtalk(text: str) -> str:
    kind, param = robot_message(text, [])
    assert 0 < len(title(text)) <= 20
    return param["content"] if kind == "sampleText" else fences(param["text"])


def wecom(text: str) -> str:
    return to_plain(text, 20_480)


@pytest.mark.parametrize(("platform", "render"), [("dingtalk", dingtalk), ("feishu", feishu), ("wecom", wecom)])
@example(bits=["``", "`", "!", "`", "\n", "W "], times=1)
@example(bits=["``", "\x00", "`", "W ", "W "], times=1)
@given(bits=TEXTS, times=st.sampled_from([1, 40]))
@settings(max_examples=100, deadline=None)
def test_every_word_is_there(platform: str, render: Callable[[str], str], bits: list[str], times: int) -> None:
    text, words = numbered(bits, times)
    assume(not FENCE_WITH_WORDS.search(text))
    shown = "".join(render(piece) for piece in registry.create(platform, dict(CASES[platform].account)).split(text))
    assert_all_there(text, shown, words)
    assert platform != "feishu" or "<at" not in shown
