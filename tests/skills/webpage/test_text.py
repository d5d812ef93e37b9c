"""Charsets, titles, main text and obstacles of pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.webpage.fetching import Page
from skills.webpage.text import Readable, first_sentences, readable, sentences

CHINESE = (
    "<html><head><meta charset={0}><title>烤箱的原理_周刊</title></head><body><div class=nav><a href=/>首页</a></div>"
    "<h1>烤箱的原理</h1><p>烤箱从四面加热面包。热量来自电热管。</p><p>面包会发起来，是因为酵母产生气体。</p></body></html>"
)


def page(source: str | bytes, charset: str = "", kind: str = "text/html") -> Readable:
    body = source if isinstance(source, bytes) else source.encode()
    return readable(Page("https://example.org/", kind, charset, body))


@pytest.mark.parametrize(
    ("encoded", "header"),
    [
        (CHINESE.format("gb2312").encode("gbk"), ""),
        (CHINESE.format("gb2312").encode("gbk"), "GB2312"),
        (CHINESE.format("utf-8").encode("gbk"), "utf-8"),
        (CHINESE.format("big5").encode("big5", "ignore"), ""),
        (CHINESE.format("gbk").encode("utf-16"), ""),
        (CHINESE.format("nonsense").encode(), "nonsense"),
        (b"\xef\xbb\xbf" + CHINESE.format("gbk").encode(), "gbk"),
    ],
    ids=["meta", "header", "both wrong", "big5", "byte order mark", "unknown", "utf-8 mark"],
)
def test_a_page_is_decoded_whatever_it_says_of_itself(encoded: bytes, header: str) -> None:
    found = page(encoded, header)
    assert "加" in found.text
    assert "首" not in found.text
    assert found.title.endswith("周刊") or found.title.endswith("周刊"[-1])


def test_title_and_main_text_without_navigation_scripts_and_footer() -> None:
    found = page(
        "<!doctype html><title> Ovens &amp;\n bread </title><style>.a{}</style><nav><a href=/>Home</a></nav>"
        "<main><h1>How ovens work</h1><p>Ovens heat bread.<p>Bread rises<table><tr><td>Rye<td>50</table></main>"
        "<script>alert('never')</script><footer>Copyright</footer>"
    )
    assert found.title == "Ovens & bread"
    assert "Ovens heat bread." in found.text
    assert "Rye 50" in found.text
    for word in ("Home", "never", "Copyright", "{}"):
        assert word not in found.text


@pytest.mark.parametrize(
    ("source", "obstacle"),
    [
        (
            "<title>App</title><div id=root></div><noscript>Enable JavaScript</noscript><script src=a.js></script>",
            "script",
        ),
        ("<title>Just a moment...</title><p>Checking your browser.</p><script src=cf.js></script>", "robot"),
        ("<title>安全验证</title><p>请完成验证后继续访问。</p>", "robot"),
        ("<title>Nothing</title><body></body>", "empty"),
        ("<p>A short page without any script.</p>", ""),
        ("<p>An article about the captcha: " + "its history is long. " * 100 + "</p>", ""),
    ],
)
def test_obstacles_are_named(source: str, obstacle: str) -> None:
    assert page(source).obstacle == obstacle


def test_a_page_that_is_free_in_part_says_so() -> None:
    said = '<script type="application/ld+json">{"isAccessibleForFree": "False"}</script>'
    assert page(f"{said}<p>Only the beginning of it is here, sorry.</p>").partly
    assert not page("<p>All of it is here, from the beginning to the end.</p>").partly


def test_plain_text_is_taken_as_it_is() -> None:
    assert page("one  two\n\n\n\n三", kind="text/plain").text == "one two\n\n三"


def test_deep_nesting_and_broken_markup_take_no_time() -> None:
    assert page("<div>" * 50_000 + "text that lies deep" + "<p" * 1000).title == ""


@given(st.binary(max_size=300), st.sampled_from(["", "utf-8", "gbk", "utf-16", "x-no", "utf-7", "base64", "rot13"]))
def test_any_bytes_are_a_page(body: bytes, charset: str) -> None:
    page(body, charset)


def test_first_sentences_end_with_a_sentence() -> None:
    text = "Version 1.2.3 is out. It costs 3.50 euro!\n新版本。很好！"
    assert sentences(text) == ["Version 1.2.3 is out.", "It costs 3.50 euro!", "新版本。", "很好！"]
    assert first_sentences(text, 45) == "Version 1.2.3 is out. It costs 3.50 euro!"
    assert first_sentences("a" * 50, 10) == "aaaaaaaaa…"
