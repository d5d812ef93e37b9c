"""Trigger words: whole words in Latin script, anywhere in Chinese, the longest wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.triggers import TriggerTable

TABLE = TriggerTable(
    [("weather", "w"), ("天气", "w"), ("天气预报", "f"), ("weather in space", "s"), ("C++", "c"), (" ", "x")]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's the WEATHER like?", "w"),
        ("weatherproof", None),
        ("bad_weather", None),
        ("北京weather怎么样", "w"),
        ("北京天气怎么样", "w"),
        ("看天气预报", "f"),
        ("the weather  in\nspace today", "s"),
        ("learn c++ now", "c"),
        ("", None),
        ("天 气", None),
        ("北京天氣怎麼樣", "w"),
    ],
)
def test_the_longest_trigger_word_in_the_text_is_found(text: str, expected: str | None) -> None:
    found = TABLE.find(text)
    assert (found.value if found else None) == expected


def test_the_place_of_the_word_is_told() -> None:
    found = TABLE.find("北京天气怎么样")
    assert found is not None
    assert (found.start, found.end) == (2, 4)


def test_a_trigger_word_in_traditional_characters_finds_simplified_text() -> None:
    table = TriggerTable([("匯率", "rate")])
    for text in ("今天的汇率", "今天的匯率"):
        found = table.find(text)
        assert found is not None
        assert text[found.start : found.end] in ("汇率", "匯率")


def test_no_trigger_words_find_nothing() -> None:
    assert TriggerTable[str]([]).find("weather") is None


@given(st.text(max_size=40), st.lists(st.text(min_size=1, max_size=8), max_size=6))
def test_a_found_word_is_in_the_text(text: str, words: list[str]) -> None:
    found = TriggerTable([(word, word) for word in words]).find(text)
    if found is not None:
        assert 0 <= found.start < found.end <= len(text)
