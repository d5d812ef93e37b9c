"""Block rules that differ from CommonMark in a chat: each exception, and what stays CommonMark."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.markdown import Inline, parse, plain_text, regions
from adapters.markdown.block_rules import MAX_LEVEL
from adapters.telegram.render import to_html
from bots.channels.web.html import render_markdown


@pytest.mark.parametrize(
    "text", ["42.", "7)", "-", "The answer:\n\n42.", "a\n\n    indented\n    lines", "a\n---", "x\n==="]
)
def test_lines_that_only_look_like_blocks_are_shown(text: str) -> None:
    assert plain_text(text) == text.replace("---", "———")


def test_a_number_alone_is_no_list_on_the_page_either() -> None:
    assert render_markdown("42.") == "<p>42.</p>\n"
    assert render_markdown("a\n---\nb") == "<p>a</p>\n<hr>\n<p>b</p>\n"
    assert render_markdown("a\n    b") == "<p>a<br>\nb</p>\n"


def test_a_marker_with_its_content_below_is_a_list() -> None:
    assert plain_text("-\n  a\n-\n  b") == "• a\n• b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- a\n  - b\n    - c\n- d", "• a\n  • b\n    • c\n• d"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("2024. It was", "2024. It was"),
        ("1. a\n\n   b\n2. c", "1. a\n\n   b\n2. c"),
        ("- a\nb", "• a\nb"),
        ("- # h\n- ***", "• h\n•\n———"),
        ("- 4. 4.", "• 4. 4."),
        ("1. a\n2.\n3. c", "1. a\n2.\n3. c"),
        ("* a\n\n\n* b", "• a\n\n\n• b"),
        ("a\n        - b", "a\n        • b"),
    ],
)
def test_lists_keep_their_numbers_and_indentation(text: str, shown: str) -> None:
    assert plain_text(text) == shown


def test_a_quote_ends_with_its_lines() -> None:
    assert to_html("> a\n>\n> b\nc") == "<blockquote>a\n\nb</blockquote>\nc"
    assert render_markdown("> a\nb") == "<blockquote>\n<p>a</p>\n</blockquote>\n<p>b</p>\n"


def test_blocks_in_quotes_and_lists_are_blocks() -> None:
    assert to_html("> - a\n> ```py\n> x\n> ```\n> b") == (
        '<blockquote>• a</blockquote>\n<pre><code class="language-py">x</code></pre>\n<blockquote>b</blockquote>'
    )
    assert to_html("> a|b\n> -|-\n> 1|2") == "<pre>a|b\n-|-\n1|2</pre>"


def test_a_table_ends_at_the_first_line_without_a_bar() -> None:
    assert to_html("a|b\n-|-\n1|2\nend") == "<pre>a|b\n-|-\n1|2</pre>\nend"
    assert "<p>end</p>" in render_markdown("a|b\n-|-\n1|2\nend")


def test_code_in_a_list_lasts_until_its_fence() -> None:
    text = "1. Run:\n   ```sh\ncd x\nls\n   ```\n2. Look"
    assert to_html(text) == '1. Run:\n<pre><code class="language-sh">cd x\nls</code></pre>\n2. Look'


def test_a_fence_far_right_is_a_fence() -> None:
    assert to_html("Run:\n      ```\n      x\n      ```") == "Run:\n<pre>x</pre>"


@pytest.mark.parametrize("text", ["\\[\nx = 1\n- 2\n# 3\n\\]", "$$\nx\n+ y\n$$", "So:\n\\[\na\n\n> b\n\\]\nend"])
def test_lines_of_a_formula_are_no_blocks(text: str) -> None:
    assert plain_text(text) == text


def test_reference_definitions_are_shown() -> None:
    assert plain_text("see [1]\n\n[1]: https://e.com/_a_") == "see [1]\n\n[1]: https://e.com/_a_"


@pytest.mark.parametrize("mark", ["> ", "- ", "> - "])
def test_what_stands_too_deep_is_text(mark: str) -> None:
    text = mark * (3 * MAX_LEVEL) + "Word"
    assert plain_text(text).endswith("Word")
    assert "Word" in render_markdown(text)


def test_blank_lines_are_kept() -> None:
    assert plain_text("\na\n\n\nb\n") == "\na\n\n\nb\n"
    assert [block.kind for block in parse("a\r\n\r\nb")] == ["paragraph", "blank", "paragraph"]


def test_a_tree_has_no_kind_in_itself() -> None:
    (block,) = parse("*a **b *c* d** e*" * 50)
    assert 1 < max(map(_depth, block.inlines)) <= 4


def _depth(node: Inline) -> int:
    return 1 + max(map(_depth, node.children), default=0)


def test_regions_are_counted_in_lines() -> None:
    found = [
        (region.kind, region.start, region.end)
        for region in regions("# h\n\n- ```\n  x\n  ```\n\na|b\n-|-\n1|2\n\n---")
    ]
    assert found == [("heading", 0, 1), ("code", 2, 5), ("table", 6, 9), ("rule", 10, 11)]


_BITS = (
    "#",
    "##",
    " ",
    "\t",
    "`",
    "```",
    "~",
    "~~~",
    "-",
    "- ",
    "*",
    "_",
    "|",
    "a|b",
    "-|-",
    ":-:",
    ">",
    "1.",
    "W",
    "\n",
)


@given(st.lists(st.sampled_from(_BITS), max_size=12).map("".join))
@example("#")
@example("> #\tW")
@example("- * * *")
@example("W\r\r|W|\r|-|")
def test_regions_are_the_blocks_other_than_paragraphs(text: str) -> None:
    kinds = [block.kind for block in parse(text) if block.kind not in ("paragraph", "blank")]
    assert [region.kind for region in regions(text)] == kinds
