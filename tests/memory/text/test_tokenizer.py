"""The tokenizer of questions and of memories."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.text.tokenizer import index_terms, tokenize

TEXT = st.text(max_size=80)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Caroline's paintings", ["carolin", "paint"]),
        ("I don’t know", ["i", "dont", "know"]),
        ("成都", ["成", "都", "成都"]),
        ("住成都", ["住", "成", "都", "住成", "成都"]),
        ("iPhone手机15", ["iphon", "手", "机", "手机", "15"]),
        ("ＡＢＣ", ["abc"]),
        ("Größe naïve", ["größe", "naïve"]),
        ("", []),
        ("?!…", []),
    ],
)
def test_words_are_stemmed_and_han_becomes_characters_and_pairs(text: str, terms: list[str]) -> None:
    assert tokenize(text) == terms


@given(TEXT)
def test_a_term_never_holds_a_space_and_is_never_empty(text: str) -> None:
    assert all(term and not any(c.isspace() for c in term) for term in tokenize(text))


@given(TEXT)
def test_storing_the_terms_as_one_line_loses_nothing(text: str) -> None:
    terms = tokenize(text)
    assert " ".join(terms).split() == terms


@given(st.text("abc姐姐成都 ", max_size=30))
def test_the_same_text_gives_the_same_terms_in_any_case(text: str) -> None:
    assert tokenize(text.upper()) == tokenize(text)


@given(st.text("成都姐住在", min_size=1, max_size=6), st.text("abc .,!", max_size=10), st.text("abc .,!", max_size=10))
def test_a_han_phrase_is_found_inside_any_text(phrase: str, before: str, after: str) -> None:
    assert set(tokenize(phrase)) <= set(tokenize(before + phrase + after))


def test_speaker_and_day_are_indexed_with_the_text() -> None:
    terms = index_terms("likes tea", "Ann", datetime(2026, 5, 2, tzinfo=UTC))
    assert terms == ["ann", "like", "tea", "d20260502", "d0502", "m202605"]
