"""Without a model the bot quotes what was said on the subject, with its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation

from bots.pipeline.engine.answer.grounded import quotes
from memory.text.dates import resolve
from memory.types import Hit

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
SAID = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def make_hit(text: str, *, role: str = "user", at: datetime = SAID, coverage: float = 0.8, cosine: float = 0.9) -> Hit:
    return Hit(1, "", role, "", text, 1.0, at, why={"coverage": coverage, "cosine": cosine})  # type: ignore[arg-type]


def answer(text: str, *hits: Hit, language: str = "en", zone: Any = UTC) -> str:
    with translation.override(language):
        return quotes.quoted(quotes.quotable(hits, text), zone, NOW)


def test_a_question_is_answered_with_what_was_said_and_when() -> None:
    said = answer("Where does my sister live?", make_hit("My sister lives in Chengdu"))
    assert said == "On 20 November you said: My sister lives in Chengdu"


def test_a_chinese_question_gets_a_chinese_answer() -> None:
    said = answer("我姐姐住在哪里？", make_hit("我姐姐住在成都"), language="zh-hans")
    assert said == "你在11月20日说过：我姐姐住在成都"


def test_the_date_is_the_persons_own_and_another_year_is_named() -> None:
    late = make_hit("My sister lives in Chengdu", at=datetime(2024, 12, 31, 20, 0, tzinfo=UTC))
    assert answer("Where does my sister live?", late, zone=ZoneInfo("Asia/Shanghai")).startswith("On 1 January 2025 ")
    assert "2025年1月1日" in answer("姐姐在哪？", late, language="zh-hans", zone=ZoneInfo("Asia/Shanghai"))


def test_what_relative_words_meant_is_said_in_the_persons_way_of_writing_dates() -> None:
    hit = replace(make_hit("I sailed last week"), dates=resolve("I sailed last week", SAID.date()))
    english, chinese = (answer("When did I sail?", hit, language=language) for language in ("en", "zh-hans"))
    assert english == "On 20 November you said: I sailed last week (last week = 2026-11-09 – 2026-11-15)"
    assert chinese == "你在11月20日说过：I sailed last week（last week = 2026年11月9日 – 2026年11月15日）"


def test_the_question_itself_and_earlier_answers_are_not_repeated() -> None:
    said = answer(
        "Where does my sister live?",
        make_hit("Where does my sister live?"),
        make_hit("where does my sister LIVE"),
        make_hit("Do you know where my sister lives?"),
        make_hit("On 1 May you said: something", role="assistant"),
        make_hit("My sister lives in Chengdu"),
    )
    assert said.count(" you said: ") == 1


def test_a_line_that_has_nothing_to_do_with_it_is_not_shown() -> None:
    assert answer("Where does my sister live?", make_hit("I hate mushrooms", coverage=0.0, cosine=0.7)) == ""


def test_a_line_with_the_same_meaning_in_other_words_is_shown() -> None:
    assert "nurse" in answer("What is my job?", make_hit("I work as a nurse", coverage=0.0, cosine=0.9))


def test_at_most_three_lines_are_shown_and_long_ones_shortened() -> None:
    said = answer("Where is my sister?", *[make_hit(f"sister {number} " + "x" * 500) for number in range(6)])
    assert said.count(" you said: ") == 3
    assert len(said) < 1200
