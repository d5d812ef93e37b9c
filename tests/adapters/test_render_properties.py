"""For every text, each renderer makes well-formed markup with all words of the text in order."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from adapters import registry
from adapters.dingtalk.render import session_body
from adapters.discord.render import to_discord
from adapters.feishu.render import card
from adapters.line.render import messages
from adapters.slack.render import to_mrkdwn
from adapters.telegram.render import to_html
from adapters.wecom.render import to_markdown
from adapters.whatsapp.render import to_whatsapp
from tests.adapters.contract import CASES
from tests.adapters.rendering import FENCE_WITH_WORDS, TEXTS, assert_all_there, fences, numbered, visible_html
from tests.adapters.wecom.builders import wecom as wecom_application


def telegram(text: str) -> str:
    return visible_html(to_html(text))


_TOKEN = re.compile(r"<(?:https?://|mailto:|tel:)[^<>|\n]*(?:\|([^<>]*))?>")


def slack(text: str) -> str:
    """Checks that links are the only Slack markup: no mention, no cut escape."""
    rendered = to_mrkdwn(text)
    seen = _TOKEN.sub(lambda match: match[1] or match[0][1:-1], rendered)
    assert not re.search(r"[<>]", re.sub(r"^> ", "", seen, flags=re.MULTILINE))
    assert not re.search(r"&(?!(?:amp|lt|gt);)", rendered)
    return html.unescape(seen)


def discord(text: str) -> str:
    """Checks that every code block ends."""
    rendered = to_discord(text)
    inside = False
    for line in rendered.split("\n")[:-1]:
        inside ^= bool(re.match(r"```[^`]*$", line))
    assert not inside or rendered.split("\n")[-1].startswith("```")
    return rendered


def line(text: str) -> str:
    return "".join(str(message["text"]) for message in messages(text, None))


def whatsapp(text: str) -> str:
    """Checks that every code block ends."""
    rendered = to_whatsapp(text)
    assert len(rendered) <= 4096
    return rendered


def wecom(text: str) -> str:
    return to_markdown(text, 20_480)


def dingtalk(text: str) -> str:
    body = session_body(text, [], None)
    return fences(body["markdown"]["text"]) if "markdown" in body else str(body["text"]["content"])


def feishu(text: str) -> str:
    """Checks that no tag outside code can mention people."""
    (element,) = card(text)["body"]["elements"]
    rendered = fences(element["content"])
    outside = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "", rendered)
    assert "<" not in outside
    return html.unescape(rendered)


ALL = [telegram, slack, discord, line, whatsapp, wecom, dingtalk, feishu]


@pytest.mark.parametrize("render", ALL)
@example(bits=["[", "](", ")"], times=1)  # an empty link
@example(bits=["``", "`", "!", "`", "\n", "W "], times=1)  # at the start of a line, but not a fence
@example(bits=["``", "\x00", "`", "W ", "W "], times=1)  # a fence only without the control character
@given(bits=TEXTS, times=st.sampled_from([1, 1, 40]))
@settings(max_examples=100, deadline=None)
def test_a_text_is_well_formed_and_all_there(render: Callable[[str], str], bits: list[str], times: int) -> None:
    text, words = numbered(bits, times)
    assume(not FENCE_WITH_WORDS.search(text))
    case = CASES[render.__name__]
    pieces = registry.create(render.__name__, dict(case.account)).split(text)
    shown = [render(piece) for piece in pieces]
    assert all(piece.strip() for piece in shown)
    assert_all_there(text, "".join(shown), words)


@given(bits=TEXTS, times=st.sampled_from([1, 40]))
@settings(max_examples=100, deadline=None)
def test_a_wecom_application_shows_every_word_within_its_bytes(bits: list[str], times: int) -> None:
    text, words = numbered(bits, times)
    assume(not FENCE_WITH_WORDS.search(text))
    shown = [to_markdown(piece, 2048) for piece in wecom_application().split(text)]
    assert all(piece.strip() and len(piece.encode()) <= 2048 for piece in shown)
    assert_all_there(text, "".join(shown), words)


@pytest.mark.parametrize("text", ["```py", "```\n```", "# \n", "**", "~~~\n", "[ ](https://e.com)"])
@pytest.mark.parametrize("render", ALL)
def test_a_text_of_nothing_but_markup_is_not_sent_empty(render: Callable[[str], str], text: str) -> None:
    assert render(text).strip()


def test_a_link_without_a_label_is_written_once() -> None:
    assert to_markdown("[](`a`)", 99) == to_whatsapp("[](`a`)") == line("[](`a`)") == "`a`"


def test_a_link_in_the_label_of_a_link_is_its_words() -> None:
    assert to_mrkdwn("[see <https://a.b> now](https://c.d)") == "<https://c.d|see https://a.b now>"


def test_a_fence_inside_of_a_code_block_does_not_end_it() -> None:
    assert to_mrkdwn("~~~\n```\nx\n~~~") == "```\n``\u200b`\nx\n```"
    assert to_discord("````md\n```\nx\n```\n````") == "```md\n``\u200b`\nx\n``\u200b`\n```"
    assert to_discord("```\n~~~\nx\n```") == "```\n~~~\nx\n```"
    assert to_discord("```py\nx = 1") == "```py\nx = 1\n```"
