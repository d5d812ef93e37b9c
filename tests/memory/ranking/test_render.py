"""The facts that a recalled line shows beside its words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from memory.ranking.render import meant, other_half
from memory.text.dates import resolve
from memory.types import Beside, Hit

SAID = date(2026, 5, 6)


def _hit(text: str, beside: Beside | None = None) -> Hit:
    at = datetime(2026, 5, 6, 10, tzinfo=UTC)
    return Hit(1, "", "user", "Ann", text, 1.0, at, dates=resolve(text, SAID), beside=beside)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yesterday we sailed", "Yesterday = 2026-05-05"),
        ("昨天我去爬山", "昨天 = 2026-05-05"),
        ("last week was wet", "last week = 2026-04-27 – 2026-05-03"),
        ("yesterday and tomorrow", "yesterday = 2026-05-05; tomorrow = 2026-05-07"),
        ("today is fine", ""),
        ("born on 3 May 1990", ""),
        ("no date at all", ""),
    ],
)
def test_a_line_says_which_days_its_words_meant_in_any_language(text: str, said: str) -> None:
    for language in ("en", "zh-hans"):
        with translation.override(language):
            assert meant(_hit(text), SAID) == said


def test_a_day_is_written_as_the_caller_writes_it() -> None:
    assert meant(_hit("last week"), SAID, lambda day: f"{day:%d.%m.}") == "last week = 27.04. – 03.05."


def test_an_answer_shows_its_question_and_a_question_its_answer() -> None:
    asked = Beside("assistant", "Clawd", "Where does\nshe live?", after=False)
    told = Beside("user", "Ann", "In Chengdu", after=True)
    assert other_half(_hit("In Chengdu", asked)) == 'answering "Where does she live?"'
    assert other_half(_hit("Where does she live?", told)) == 'answered: "In Chengdu"'
    assert other_half(_hit("In Chengdu")) == ""


def test_a_long_other_half_is_cut() -> None:
    half = other_half(_hit("Yes", Beside("assistant", "Clawd", "word " * 100 + "?", after=False)))
    assert half.endswith('…"')
    assert len(half) < 180
