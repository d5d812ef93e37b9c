"""Every answer of a model becomes harmless HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.render import to_html
from bots.channels.web.html import MAX_CHARACTERS, render_markdown

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    "![x](https://tracker.test/pixel.png)",
    "![](javascript:alert(1))",
    '[x](https://a.test "t\\" onmouseover=alert(1) x=\\"")',
    '[x](https://a.test/"onmouseover="alert(1))',
    '```html"><script>alert(1)</script>\nx\n```',
    '```x" onclick="alert(1)\ny\n```',
    "<a href='https://a.test' target='_self' onclick='x()'>a</a>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=https://evil.test></iframe><form action=//evil.test><input>",
    "<style>*{display:none}</style>",
    "`<script>`alert(1)`</script>`",
    "| <script>x</script> | b |\n|---|---|\n| ![i](http://t.test/i.png) | <b onclick=x> |",
    "https://a.test/<script>alert(1)</script>",
    'https://a.test/"onmouseover="alert(1)',
    "[a]: javascript:alert(1)\n\n[a]",
    "[/login](/login) [rel](//evil.test)",
]
PIECES = st.sampled_from(
    [*PAYLOADS, "**", "`", "```", "[", "](", ")", "<", ">", '"', "'", "|", "\n", "&#", "&lt;", "https://"]
)


class Checker(HTMLParser):
    """Fails on a tag, attribute or address that the chat does not need."""

    TAGS = frozenset({
        *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
        *("table", "thead", "tbody", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6"),
    })  # fmt: skip

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in self.TAGS, tag
        for name, value in attributes:
            assert name in {"href", "title", "rel", "target", "class", "start", "align"}, name
            if name == "href":
                assert re.match(r"(https?://|mailto:)", value or ""), value
        if tag == "a":
            given_attributes = dict(attributes)
            assert given_attributes["target"] == "_blank"
            assert {"noopener", "nofollow"} <= set((given_attributes["rel"] or "").split())


def check(text: str) -> None:
    checker = Checker()
    checker.feed(render_markdown(text))
    checker.close()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_harmless(payload: str) -> None:
    check(payload)


@given(st.lists(PIECES | st.text(max_size=12), max_size=10).map("".join))
def test_payloads_woven_together_are_harmless(text: str) -> None:
    check(text)


def test_html_is_shown_as_text() -> None:
    assert render_markdown("<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"


def test_tables_code_and_lists_are_kept() -> None:
    html = render_markdown("| a | b |\n|---|--:|\n| 1 | 2 |\n\n```python\nx < 1\n```\n\n3. three\n")
    assert '<td align="right">2</td>' in html
    assert '<code class="language-python">x &lt; 1\n</code>' in html
    assert '<ol start="3">' in html


def test_an_image_becomes_a_link() -> None:
    html = render_markdown("![a cat](https://a.test/cat.png)")
    assert "<img" not in html
    assert 'href="https://a.test/cat.png"' in html
    assert ">a cat</a>" in html


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://a.test/x?y=1&z=2.", "https://a.test/x?y=1&amp;z=2"),
        ("(https://a.test/x)", "https://a.test/x"),
        ("看https://a.test/路径。好", "https://a.test/路径"),
    ],
)
def test_a_bare_address_becomes_a_link_without_the_sentence_around_it(text: str, address: str) -> None:
    assert f'href="{address}"' in render_markdown(text)


def test_an_address_in_code_or_in_a_link_is_left_alone() -> None:
    assert "<a" not in render_markdown("`https://a.test`")
    assert render_markdown("[https://a.test](https://b.test)").count("<a") == 1


def test_a_huge_text_is_shown_plainly() -> None:
    html = render_markdown("<b>" * MAX_CHARACTERS)
    assert html.startswith("<p>&lt;b&gt;")


@pytest.mark.parametrize(
    "text",
    [
        "**“重点”**。 2*3*4 snake_case_name ~~x~~ __a__ _b_",
        "> said\n> **so**\nend",
        "1. a\n   - *b*\n2. `c`",
        "https://e.com/_a_ and **https://e.com**",
        "a|b\n-|-\n1|2\nend *x*",
        r"\(x_1\) \*y\* C:\_a_\b_ *z*",
        "***both*** *a **b** c*",
    ],
)
def test_the_page_and_telegram_mark_the_same_words(text: str) -> None:
    def marked(html: str) -> list[tuple[str, str]]:
        html = re.sub(r"<(/?)strong>", r"<\1b>", re.sub(r"<(/?)em>", r"<\1i>", html))
        html = re.sub(r' target="_blank" rel="[^"]*"', "", html)
        return [
            (tag, re.sub("<[^>]*>", "", words))
            for tag in ("b", "i", "s", "code", "a")
            for words in re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, re.DOTALL)
        ]

    assert marked(render_markdown(text)) == marked(to_html(text)) != []


def test_a_link_that_no_page_may_open_is_words() -> None:
    assert render_markdown("[x](javascript:alert(1))") == "<p>x (javascript:alert(1))</p>\n"
    assert render_markdown("![x](/local)") == "<p>x (/local)</p>\n"
