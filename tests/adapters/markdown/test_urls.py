"""A bare address is one link in every renderer, whatever characters it contains."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dingtalk.render import to_markdown as dingtalk
from adapters.discord.render import to_discord
from adapters.feishu.render import to_markdown as feishu
from adapters.line.render import messages
from adapters.markdown import plain_text
from adapters.slack.render import to_mrkdwn
from adapters.telegram.render import to_html
from adapters.wecom.render import to_markdown as wecom
from adapters.whatsapp.render import to_whatsapp
from bots.channels.web.html import render_markdown

ADDRESSES = [
    "https://github.com/acme/app/blob/main/src/__init__.py",
    "https://git.example.com/app/src/__tests__/a_test.ts",
    "https://example.com/q?name=_id_&x=1",
    "https://example.com/files/*.log",
    "https://en.wikipedia.org/wiki/Mercury_(planet)",
    "https://example.com/a~b~~c~~d",
    "https://example.com/**/x",
    "https://example.com/?ids[]=1&ids[]=2",
    "https://api.example.com/{id}/y_z",
    "https://example.com/readme.md",
    "http://localhost:8000/_a_/b",
]


def telegram_links(text: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'<a href="([^"]*)">', to_html(text))]


def web_links(text: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'<a href="([^"]*)"', render_markdown(text))]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "around", ["{}", "See {} and *more*.", "({})", "**{}**", "_{}_", "**see {}** ok", "看{}。好", "- {}"]
)
def test_an_address_is_one_link(address: str, around: str) -> None:
    text = around.format(address)
    assert telegram_links(f"{text} _x_") == [address]
    assert web_links(text) == [address]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "render",
    [
        to_discord,
        to_whatsapp,
        plain_text,
        dingtalk,
        lambda text: wecom(text, 2048),
        lambda text: str(messages(text, None)[0]["text"]),
    ],
)
def test_an_address_is_shown_as_it_is(render: Callable[[str], str], address: str) -> None:
    assert render(f"See {address} and **more**.").startswith(f"See {address} and ")


@pytest.mark.parametrize("address", ADDRESSES)
def test_slack_and_feishu_are_told_the_address(address: str) -> None:
    assert html.unescape(to_mrkdwn(f"See {address} now")) == f"See <{address}> now"
    target = address.replace("(", "%28").replace(")", "%29")
    assert f"({target}) now" in feishu(f"See {address} now") or feishu(address) == address


def test_two_addresses_with_marks_do_not_pair() -> None:
    text = "https://e.com/files/*.log and https://e.com/b/*.txt"
    assert telegram_links(text) == ["https://e.com/files/*.log", "https://e.com/b/*.txt"]


@pytest.mark.parametrize("name", ["readme.md", "config.py", "plan.io", "coverage.sh", "example.com", "1.2.3.4"])
def test_a_name_with_a_dot_is_no_link(name: str) -> None:
    text = f"see {name} and *more*"
    assert telegram_links(text) == web_links(text) == []


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://e.com/a.", "https://e.com/a"),
        ("https://e.com/a?!", "https://e.com/a"),
        ("(see https://e.com/a)", "https://e.com/a"),
        ("**https://e.com**是网站", "https://e.com"),
        ("~~https://e.com~~ *x*", "https://e.com"),
        ("https://e.com（注）`x`", "https://e.com"),
        ("a|https://e.com|b `x`", "https://e.com"),
        (r"https://e.com/a\_b *x*", "https://e.com/a_b"),
    ],
)
def test_an_address_ends_before_the_sentence_around_it(text: str, link: str) -> None:
    assert telegram_links(f"{text} `c`") == web_links(text) == [link]


def test_an_address_in_a_label_or_in_code_is_no_link_of_its_own() -> None:
    assert telegram_links("[https://a.b/_c_](https://d.e)") == ["https://d.e"]
    assert "<i>" not in to_html("[https://a.b/_c_](https://d.e)")
    assert telegram_links("`https://a.b/_c_`") == []


def test_a_mark_at_the_end_belongs_to_an_address_when_nothing_opens_it() -> None:
    assert telegram_links("see https://e.com/_a_ `c`") == ["https://e.com/_a_"]
    assert telegram_links("see https://e.com/files/* `c`") == ["https://e.com/files/*"]
    assert telegram_links("_see https://e.com/a_ `c`") == ["https://e.com/a"]


def test_a_link_target_may_hold_brackets_and_marks() -> None:
    text = "[Mercury](https://en.wikipedia.org/wiki/Mercury_(planet)_x_) and [b](https://e.com/_b_)"
    assert telegram_links(text) == ["https://en.wikipedia.org/wiki/Mercury_(planet)_x_", "https://e.com/_b_"]
    assert dingtalk(text).startswith("[Mercury](https://en.wikipedia.org/wiki/Mercury_%28planet%29_x_)")


@given(st.text(alphabet="ab/_*~([.,:?&=#%-", max_size=30))
def test_every_mark_in_an_address_is_part_of_it(rest: str) -> None:
    address = f"https://e.com/{rest}".rstrip(".,:?")
    assert telegram_links(f"see https://e.com/{rest} `c`") == [address]
    assert plain_text(f"see https://e.com/{rest} now") == f"see https://e.com/{rest} now"
