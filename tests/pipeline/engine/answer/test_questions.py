"""Questions are told from statements, with and without a question mark."""

from __future__ import annotations

import pytest

from bots.pipeline.engine.answer.questions import is_question


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Where does my sister live?", True),
        ("where does my sister live", True),
        ("Do you remember my name", True),
        ("My sister lives in Chengdu", False),
        ("I am happy.", False),
        ("我姐姐住在哪里", True),
        ("我姐姐住在成都。", False),
        ("你还记得我的名字吗？", True),
        ("我叫小明", False),
        ("我叫小明？", True),
    ],
)
def test_questions_are_told_from_statements(text: str, asked: bool) -> None:
    assert is_question(text) is asked
