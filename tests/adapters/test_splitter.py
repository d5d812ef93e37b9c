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


# Tables, and code in quotes and lists


def rows(piece: str) -> list[str]:
    return [line for line in piece.split("\n") if line.startswith("| item")]


def test_every_piece_of_a_long_table_has_its_header() -> None:
    table = "| Name | Value |\n|---|---|\n" + "\n".join(f"| item {n} | {n * n} |" for n in range(60))
    pieces = split_text(f"Here is the list:\n\n{table}\n\nThat is all.", 200)
    holding = [piece for piece in pieces if rows(piece)]
    assert len(holding) > 3
    assert all(piece.startswith("| Name | Value |\n|---|---|\n| item ") for piece in holding)
    assert [row for piece in pieces for row in rows(piece)] == table.split("\n")[2:]
    assert pieces[0] == "Here is the list:"
    assert pieces[-1].endswith("\n\nThat is all.")


def test_a_table_that_fits_is_not_cut() -> None:
    table = "|a|b|\n|-|-|\n|1|2|\n|3|4|"
    assert split_text(f"Some words first, and more.\n\n{table}\nafter", 36)[1].startswith(table)


def test_a_table_with_a_row_longer_than_a_piece_is_cut_as_text() -> None:
    pieces = split_text("|a|b|\n|-|-|\n|" + "word " * 20 + "|2|", 40)
    assert all(len(piece) <= 40 for piece in pieces)
    assert " ".join(pieces).count("word") == 20


def test_a_bar_in_code_is_no_table() -> None:
    pieces = split_text("```\na|b\n-|-\n" + "1|2\n" * 20 + "```", 40)
    assert len(pieces) > 2
    assert all(piece.count("-|-") == (1 if piece is pieces[0] else 0) for piece in pieces)


def test_code_in_a_quote_stays_code_in_the_quote() -> None:
    pieces = split_text("> ```py\n" + "> line of code\n" * 12 + "> ```", 80)
    assert len(pieces) > 1
    assert all(piece.startswith("> ```py\n> line") and piece.endswith("\n> ```") for piece in pieces)


def test_code_that_begins_a_list_item_is_opened_again_without_the_marker() -> None:
    pieces = split_text("- ```py\n" + "  line of code\n" * 12 + "  ```", 80)
    assert len(pieces) > 1
    assert all(piece.startswith("  ```py\n  line") and piece.endswith("\n  ```") for piece in pieces)


def test_a_fence_with_words_behind_it_does_not_close() -> None:
    pieces = split_text("```txt\n" + "code\n" * 10 + "```not-a-close\n" + "# code\n" * 20 + "```", 60)
    assert len(pieces) > 1
    assert all(piece.startswith("```txt\n") and piece.endswith("\n```") for piece in pieces)


@pytest.mark.parametrize("address", ["https://en.wikipedia.org/wiki/Mercury_(planet)", "https://e.com/a?b=*c*&d=_e_"])
def test_an_address_is_not_cut(address: str) -> None:
    assert any(f"[x]({address})" in piece for piece in split_text(f"some words before [x]({address}) and more", 60))
    assert any(address in piece for piece in split_text(f"some words before {address}", 50))


@given(
    st.lists(st.text(alphabet="ab c", min_size=1, max_size=12), min_size=1, max_size=30),
    st.integers(min_value=48, max_value=100),
    st.sampled_from(UNITS),
)
def test_a_table_is_cut_between_rows_alone(cells: list[str], limit: int, unit: Unit) -> None:
    source = [f"| item {number} | {cell}x |" for number, cell in enumerate(cells)]
    pieces = split_text("| h | i |\n|---|---|\n" + "\n".join(source), limit, unit)
    assert all(unit(piece) <= limit for piece in pieces)
    assert [row for piece in pieces for row in rows(piece)] == source
    assert all(piece.startswith("| h | i |\n|---|---|\n") for piece in pieces)
