"""The estimate of tokens is rather too high than too low."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.llm.token_estimate import MARK, at_most, cut, cut_middle, estimate


# (text, tokens by a common vocabulary of 100,000 entries; for Chinese by a smaller one, which needs more tokens)
@pytest.mark.parametrize(
    ("text", "real"),
    [
        ("The quick brown fox jumps over the lazy dog.", 10),
        ("My sister lives in Chengdu, and she is an engineer.", 12),
        ("我姐姐住在成都,她是一名工程师。", 18),
        ("https://example.com/a/b?c=1&d=2", 14),
        ("1234567890", 10),
        ("", 0),
    ],
)
def test_the_estimate_is_not_below_and_not_far_above_the_count(text: str, real: int) -> None:
    assert real <= estimate(text) <= real * 2


@given(st.text(max_size=300))
def test_the_quick_bound_is_a_bound(text: str) -> None:
    assert estimate(text) <= at_most(text)


@given(st.text(max_size=300), st.text(max_size=100))
def test_two_paragraphs_cost_no_more_than_each_by_itself_and_the_break(first: str, second: str) -> None:
    assert estimate(f"{first}\n\n{second}") <= estimate(first) + estimate(second) + 1


@given(st.text(max_size=300), st.integers(0, 200))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert estimate(short) <= limit or not short
    assert short == text or short == "" or (short.endswith(MARK) and text.startswith(short.removesuffix(MARK)))
    if estimate(text) <= limit:
        assert short == text


@given(st.text(max_size=400), st.integers(0, 200))
def test_a_text_cut_in_the_middle_fits_and_keeps_both_ends(text: str, limit: int) -> None:
    short = cut_middle(text, limit)
    assert estimate(short) <= limit or not short
    if estimate(text) <= limit:
        assert short == text
    elif short:
        begin, _mark, end = short.partition(MARK)
        assert text.startswith(begin)
        assert text.endswith(end.lstrip())


@pytest.mark.parametrize("filler", ["some words of a report. ", "报告里的一些话。", "x", "     ", "😀", "1"])
def test_the_question_stays_at_either_end_of_an_enormous_text(filler: str) -> None:
    for text in (f"What is due? {filler * 100_000}", f"{filler * 100_000} What is due?"):
        short = cut_middle(text, 200)
        assert "What is due?" in short
        assert MARK in short
        assert estimate(short) <= 200


def test_encoded_data_costs_more_than_words_of_the_same_length() -> None:
    """Vocabularies have no long entries for it: about one token for two characters."""
    encoded = "aGVsbG8gd29ybGQxMjM0NTY3ODkwQmFzZTY0RGF0YQ" * 20
    assert estimate(encoded) >= len(encoded) / 2
    assert estimate("Internationalization helps everybody. " * 20) < len(encoded) / 2
