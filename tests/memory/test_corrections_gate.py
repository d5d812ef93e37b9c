"""The prompt holds what was corrected, and no stale fact stands in it: alone and among small talk, in both languages.

`python benchmarks/corrections.py` plays all chats, also among 70 exchanges with real embeddings.
"""

from __future__ import annotations

import pytest

from benchmarks import corrections

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.timeout(300)  # about fifty memories, each consolidated
def test_every_prompt_is_right_by_words_alone(language: str) -> None:
    played = corrections.chats(corrections.FIXTURES / f"{language}.jsonl")
    assert len(played) > 40
    failures = corrections.run(played, crowds=(0,))
    assert [(one.chat, one.setting, one.lacks, one.holds) for one in failures] == []
