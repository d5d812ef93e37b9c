"""Inline rules that differ from CommonMark in a chat: each exception, and its limits."""

from __future__ import annotations

import pytest

from adapters.telegram.render import to_html


@pytest.mark.parametrize(
    "text",
    [
        "snake_case_name and other_snake_name",
        "2 * 3 * 4",
        "2*3*4 and f(a*b, c*d)",
        "x**2 + y**2 = z**2",
        "src/*.py and tests/*.py",
        "src/**/a.py and lib/**/b.py",
        "*/5 and */10 minutes",
        "char *p, *q",
        "__init__.py and __main__.py",
        "src/__tests__/a.ts",
        "10~20 and 30~40, ~5% or ~6%",
        "age(1~3), height(80~100)",
    ],
)
def test_what_is_no_emphasis_stays_as_it_is(text: str) -> None:
    assert to_html(text) == text


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("a *b* c_d_e _f_", "a <i>b</i> c_d_e <i>f</i>"),
        ("**a**/**b** and *c*/*d*", "<b>a</b>/<b>b</b> and <i>c</i>/<i>d</i>"),
        ("__bold__. Next", "<b>bold</b>. Next"),
        ("~~25~30~~", "<s>25~30</s>"),
        ("**x** 2", "<b>x</b> 2"),
    ],
)
def test_what_is_emphasis_stays_emphasis(text: str, rendered: str) -> None:
    assert to_html(text) == rendered


@pytest.mark.parametrize("mark", "，。、；：？！“”‘’（）【】《》—～…·「」")
def test_full_width_punctuation_beside_emphasis_does_not_break_it(mark: str) -> None:
    assert to_html(f"**真{mark}**她") == f"<b>真{mark}</b>她"
    assert to_html(f"她**{mark}真**") == f"她<b>{mark}真</b>"


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("**“重点”**。", "<b>“重点”</b>。"),
        ("これは**「重要なこと」**です。", "これは<b>「重要なこと」</b>です。"),
        ("문서를 **마크다운(Markdown)**을 사용", "문서를 <b>마크다운(Markdown)</b>을 사용"),
        ("**Done✅**next", "<b>Done✅</b>next"),
        ("中文_不是_强调", "中文_不是_强调"),
    ],
)
def test_emphasis_in_east_asian_text(text: str, rendered: str) -> None:
    assert to_html(text) == rendered


@pytest.mark.parametrize(
    "text",
    [
        r"\( E = mc^2 \), \int_0^1 x^2\,dx",
        r"\(a_1 * b_2 * c_3\)",
        r"\[ \sum_{i=1}^n x_i \]",
        r"$x_1 * y_2 * z_3$ and $\{a\}$",
        r"$$\begin{cases} 1 \\ y_1 * z_1 \end{cases}$$",
        r"1 \\ 2 \; 3 \, 4 \{5\}",
    ],
)
def test_latex_keeps_its_backslashes(text: str) -> None:
    assert to_html(text) == text


def test_dollars_of_money_are_no_formula() -> None:
    assert to_html("$5 for *a*, $6 for *b*") == "$5 for <i>a</i>, $6 for <i>b</i>"
    assert to_html("**$AAPL** and **$TSLA**") == "<b>$AAPL</b> and <b>$TSLA</b>"


@pytest.mark.parametrize(
    "text",
    [
        r"C:\Users\user\.copilot\config.json",
        r"C:\Games\Skyrim\Data\..\Skyrim.exe",
        r"d:\_a_\_b_",
        r"\\server\share\_a_",
        r"%USERPROFILE%\.ssh",
        r"user\.ssh\#x",
    ],
)
def test_windows_paths_keep_their_backslashes(text: str) -> None:
    assert to_html(text) == text


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        (r"\*not\* \_it\_ \`c\` \~\~s\~\~", "*not* _it_ `c` ~~s~~"),
        (r"snake\_case", "snake_case"),
        (r"1\. one", "1. one"),
        (r"\# no heading", "# no heading"),
        (r"Done\. Really\!", "Done. Really!"),
        ("a\\\nb", "a\nb"),
    ],
)
def test_a_backslash_escapes_markup(text: str, rendered: str) -> None:
    assert to_html(text) == rendered


def test_html_entities_and_tags_are_text() -> None:
    assert to_html("<b>x</b> &lt; `&amp;`") == "&lt;b&gt;x&lt;/b&gt; &amp;lt; <code>&amp;amp;</code>"
    assert to_html("vector<std::string> <@U1> <tag:x>") == "vector&lt;std::string&gt; &lt;@U1&gt; &lt;tag:x&gt;"


def test_addresses_in_angle_brackets_are_links() -> None:
    assert to_html("<https://e.com/_a_>") == '<a href="https://e.com/_a_">https://e.com/_a_</a>'
    assert to_html("<ann@e.com>") == '<a href="mailto:ann@e.com">ann@e.com</a>'


def test_emphasis_reaches_over_lines() -> None:
    assert to_html("**a\nb** c") == "<b>a</b>\n<b>b</b> c"
    assert to_html("[a\nb](https://e.com)") == '<a href="https://e.com">a b</a>'


def test_emphasis_in_emphasis_of_its_kind_is_one() -> None:
    assert to_html("**a __b__ c**") == "<b>a b c</b>"
    assert to_html("***both***") == "<b><i>both</i></b>"
