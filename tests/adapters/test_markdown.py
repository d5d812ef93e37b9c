from __future__ import annotations

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.markdown import plain_text
from adapters.splitter import utf16_units
from adapters.telegram.render import to_html
from tests.adapters.rendering import visible_html

_MARKS = st.sampled_from(
    [
        "*",
        "**",
        "_",
        "__",
        "`",
        "``",
        "```",
        "```py\n",
        "~~",
        "~~~",
        "[",
        "](",
        ")",
        "<",
        ">",
        "&",
        "> ",
        "# ",
        "- ",
        "1. ",
        "\n",
        "\\",
        "|",
        "---",
        "|---|---|\n",
        "a",
        "b c",
        " ",
        "你好",
        "😀",
        "https://x.y",
        "javascript:x",
        "!",
        '"',
        "<b>",
        "</b>",
    ]
)
_TEXTS = st.lists(_MARKS, max_size=40).map("".join) | st.text(max_size=100)


@given(_TEXTS)
def test_html_is_well_formed_whatever_the_source(text: str) -> None:
    visible_html(to_html(text))


@given(_TEXTS.filter(lambda text: "\r" not in text and "\x00" not in text))
def test_the_visible_text_is_never_longer_than_the_source(text: str) -> None:
    assert utf16_units(visible_html(to_html(text))) <= utf16_units(text)
    assert utf16_units(plain_text(text)) <= utf16_units(text)


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("plain 5 < 6 & 7 > 2", "plain 5 &lt; 6 &amp; 7 &gt; 2"),
        ("**bold** and *it*", "<b>bold</b> and <i>it</i>"),
        ("__bold__ and _it_", "<b>bold</b> and <i>it</i>"),
        ("**bold *both***", "<b>bold <i>both</i></b>"),
        ("~~gone~~", "<s>gone</s>"),
        ("`a < b` and ``x`y``", "<code>a &lt; b</code> and <code>x`y</code>"),
        ("`**not bold**`", "<code>**not bold**</code>"),
        ("[**b**](https://x.y/?a=1&b=2)", '<a href="https://x.y/?a=1&amp;b=2"><b>b</b></a>'),
        ("[x](/local)", "x (/local)"),
        ("[x](javascript:alert(1))", "x (javascript:alert(1))"),
        ("![alt](https://x/y.png)", '<a href="https://x/y.png">alt</a>'),
        ("<https://x.y>", '<a href="https://x.y">https://x.y</a>'),
        ("<script>", "&lt;script&gt;"),
        ("# Head **x**", "<b>Head x</b>"),
        ("- a\n* b\n+ c\n  - d", "• a\n• b\n• c\n  • d"),
        ("1. a\n2) b", "1. a\n2) b"),
        ("> q *x*\n> r\nend", "<blockquote>q <i>x</i>\nr</blockquote>\nend"),
        ("---", "———"),
        ("```python\nx < 1\n```", '<pre><code class="language-python">x &lt; 1</code></pre>'),
        ("```\nopen end", "<pre>open end</pre>"),
        ("|a|b|\n|---|---|\n|1|2|\nx", "<pre>|a|b|\n|---|---|\n|1|2|</pre>\nx"),
        (r"\*not\* \_it\_", "*not* _it_"),
        ("snake_case_name 2*3*4 ** x **", "snake_case_name 2*3*4 ** x **"),
        ("这是**重点**内容和*强调*。", "这是<b>重点</b>内容和<i>强调</i>。"),
        ("a\n\nb", "a\n\nb"),
    ],
)
def test_each_construct_is_rendered(source: str, rendered: str) -> None:
    assert to_html(source) == rendered


def test_plain_text_keeps_the_words_and_link_targets() -> None:
    source = "# Title\n**bold** [site](https://x.y) `code`\n- item\n```\nraw *text*\n```"
    assert plain_text(source) == "Title\nbold site (https://x.y) code\n• item\nraw *text*"


@pytest.mark.parametrize(
    "pattern", ["*a ", "**a ", "_a ", "__a ", "`a ``b ", "[", "[a](", "~~a ", "*a **b ", "\\*", "> ", "**a *b "]
)
def test_hostile_markup_is_rendered_in_reasonable_time(pattern: str) -> None:
    text = (pattern * 4096)[:4096]
    started = time.process_time()
    visible_html(to_html(text))
    assert time.process_time() - started < 2.0


def test_escaping_is_complete() -> None:
    text = "".join(chr(number) for number in range(32, 127))
    assert html.unescape(visible_html(to_html(html.escape(text)))) is not None


@pytest.mark.parametrize("unit", ["__a__", "____a", "***a", "**a**", "a_b__"])
def test_unfinished_emphasis_takes_no_longer_than_other_text(unit: str) -> None:
    started = time.process_time()
    plain_text("_a" + unit * 400)
    assert time.process_time() - started < 2
