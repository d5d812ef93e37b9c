from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.splitter import MIN_LIMIT, Unit, code_points, split_text, utf8_bytes, utf16_units

UNITS = (code_points, utf16_units, utf8_bytes)
_WORDS = st.sampled_from(
    [
        "word",
        "你好，世界。",
        "😀",
        "👩‍👩‍👧",
        "e\u0301",
        ". ",
        "! ",
        " ",
        "\n",
        "\n\n",
        "```\n",
        "```py\n",
        "~~~\n",
        "`code x`",
        "**bold words**",
        "[a link](https://example.com/path)",
        "https://example.com/long/path?q=1",
        "- item\n",
        "a" * 30,
        "\u200d",
        "\t",
    ]
)
_TEXTS = st.lists(_WORDS, max_size=60).map("".join) | st.text(max_size=200)


def fences_open(piece: str) -> bool:
    marker = ""
    for line in piece.split("\n"):
        found = re.match(r"[ \t]*(`{3,}|~{3,})([^`]*)$", line)
        if not found:
            continue
        if not marker:
            marker = found[1]
        elif found[1][0] == marker[0] and len(found[1]) >= len(marker) and not found[2].strip():
            marker = ""
    return bool(marker)


@given(_TEXTS, st.integers(min_value=MIN_LIMIT, max_value=120), st.sampled_from(UNITS))
def test_no_piece_is_too_long_or_blank(text: str, limit: int, unit: Unit) -> None:
    pieces = split_text(text, limit, unit)
    assert all(unit(piece) <= limit for piece in pieces)
    assert all(piece.strip() for piece in pieces)
    assert bool(pieces) is bool(text.strip())


@given(
    _TEXTS.filter(lambda text: "```" not in text and "~~~" not in text), st.integers(min_value=MIN_LIMIT, max_value=120)
)
def test_nothing_visible_is_lost_or_doubled(text: str, limit: int) -> None:
    joined = "".join(split_text(text, limit, utf16_units))
    assert "".join(joined.split()) == "".join(text.split())


@given(st.lists(_WORDS, max_size=60).map("".join), st.integers(min_value=40, max_value=120))
def test_code_keeps_its_lines(text: str, limit: int) -> None:
    def content(value: str) -> str:
        return "".join("".join(line for line in value.split("\n") if not re.match(r"[ \t]*(```|~~~)", line)).split())

    assert content("\n".join(split_text(text, limit))) == content(text) or fences_open(text)


def test_a_cut_makes_no_code_block_of_what_was_none() -> None:
    assert split_text("b" * 20 + "```\n", 20) == ["b" * 19, "b```"]


@given(_TEXTS, st.integers(min_value=MIN_LIMIT, max_value=120))
def test_no_surrogate_pair_is_cut(text: str, limit: int) -> None:
    for piece in split_text(text, limit, utf16_units):
        if not re.search("[\ud800-\udfff]", text):
            piece.encode("utf-8")


@given(
    st.text(alphabet="ab \n", min_size=1, max_size=60),
    st.sampled_from(["", "py"]),
    st.integers(min_value=30, max_value=60),
)
def test_every_piece_of_a_long_code_block_is_a_code_block(code: str, info: str, limit: int) -> None:
    pieces = split_text(f"Before.\n\n```{info}\n{code * 5}\n```\n\nAfter.", limit)
    assert all(not fences_open(piece) for piece in pieces)


@pytest.mark.parametrize("unit", UNITS)
def test_a_short_text_stays_as_it_is(unit: Unit) -> None:
    assert split_text("  hello\n", 100, unit) == ["  hello\n"]
    assert split_text(" \n ", 100, unit) == []


def test_paragraphs_come_before_lines_before_sentences_before_words() -> None:
    assert split_text("one two.\nthree\n\nfour five six", 24) == ["one two.\nthree", "four five six"]
    assert split_text("one two. three\nfour five six", 20) == ["one two. three", "four five six"]
    assert split_text("one two. three four five", 20) == ["one two.", "three four five"]
    assert split_text("one two three four five", 18) == ["one two three four", "five"]
    assert split_text("你好世界。今天天气很好。我们去成都吧。", 16) == ["你好世界。今天天气很好。", "我们去成都吧。"]


def test_a_good_place_near_the_start_is_not_worth_a_nearly_empty_piece() -> None:
    pieces = split_text("Hi\n\n" + "word " * 30, 60)
    assert len(pieces[0]) > 30


def test_a_code_block_that_fits_is_not_cut() -> None:
    code = "```py\nprint(1)\nprint(2)\n```"
    assert split_text(f"Some words first, and more.\n{code}\nafter", 40)[1].startswith(code)


def test_a_long_code_block_is_closed_and_opened_again() -> None:
    pieces = split_text("```py\n" + "\n".join(f"line {n}" for n in range(12)) + "\n```", 50)
    assert len(pieces) > 1
    assert all(piece.startswith("```py\nline") and piece.endswith("\n```") for piece in pieces)


def test_links_and_emphasis_stay_whole() -> None:
    assert split_text("see the page [of this name](https://example.com/a/b)", 48) == [
        "see the page",
        "[of this name](https://example.com/a/b)",
    ]
    assert split_text("some words **and bold words** end", 24) == ["some words", "**and bold words** end"]


def test_an_emoji_family_is_not_torn_apart() -> None:
    family = "👩‍👩‍👧"
    assert all(set(piece.split(family)) == {""} for piece in split_text(family * 10, 18, utf16_units))


@pytest.mark.parametrize("character", ["🇨🇳", "กำ", "กี่", "नि", "👍🏽", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "e\u0301\u0323"])
@pytest.mark.parametrize("limit", [*range(16, 24), 99, 100, 101, 102])
def test_no_visible_character_is_torn_apart(character: str, limit: int) -> None:
    for piece in split_text("x" + character * 60, limit, utf16_units):
        assert set(piece.removeprefix("x").split(character)) == {""}


def test_an_endless_run_is_cut_at_the_limit() -> None:
    assert [len(piece) for piece in split_text("a" * 100, 40)] == [40, 40, 20]


def test_a_useless_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        split_text("x", 3)


def test_a_long_text_is_cut_in_reasonable_time() -> None:
    assert len(split_text("word 你好 😀 " * 20_000, 4096, utf16_units)) > 40
