"""A request to read a page, and sentences that only name an address."""

from __future__ import annotations

import pytest

from skills.webpage.reading import asks, fitting, question_in, url_in


@pytest.mark.parametrize(
    ("text", "url", "question"),
    [
        ("read https://example.org/a and tell me", "https://example.org/a", ""),
        ("https://example.org", "https://example.org", ""),
        ("总结一下 https://example.org/x。", "https://example.org/x", ""),
        ("what does https://a.b/c_(d) say about ovens?", "https://a.b/c_(d)", "ovens"),
        ("请读一下 www.example.org/a，告诉我价格", "www.example.org/a", "价格"),
        ("(https://a.b/c)", "https://a.b/c", ""),
        ("看看https://example.org/a这个网页", "https://example.org/a", ""),
    ],
)
def test_a_request_names_the_page_and_perhaps_a_question(text: str, url: str, question: str) -> None:
    assert (asks(text), url_in(text), question_in(text)) == (True, url, question)


@pytest.mark.parametrize(
    "text",
    [
        *("my website is https://x.com, do you like it?", "我的网站是 https://x.com", "https://x.com don't read it"),
        *("remember https://a.b is my bookmark", "I posted it on https://a.b yesterday", "这是我写的 https://a.b"),
        *("my repo https://g.com/x breaks with 500", "提醒我看 https://a.b", "收藏 https://a.b", "read this", "读书"),
    ],
)
def test_an_address_in_another_sentence_is_not_read(text: str) -> None:
    assert not asks(text)


def test_sentences_that_share_words_with_the_question_are_chosen_in_their_order() -> None:
    page = ["Ovens heat bread.", "Cats sleep.", "An oven costs 300 euro.", "The end."]
    assert fitting("oven cost", page, 2) == ["Ovens heat bread.", "An oven costs 300 euro."]
    assert fitting("烤箱", ["烤箱从四面加热。", "猫在睡觉。"], 2) == ["烤箱从四面加热。"]
    assert fitting("dogs", page, 2) == []
    assert fitting("", page, 2) == []


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("总结一下https://example.org/路径/页面", "https://example.org/路径/页面"),
        ("https://zh.wikipedia.org/wiki/北京讲了什么", "https://zh.wikipedia.org/wiki/北京"),
        ("https://example.org/这个网页讲了什么", "https://example.org/"),
        ("https://example.org/q?w=天气。", "https://example.org/q?w=天气"),
        ("看看 https://example.org/a，谢谢", "https://example.org/a"),
    ],
)
def test_chinese_in_a_path_belongs_to_the_address(text: str, url: str) -> None:
    assert url_in(text) == url
