"""For every text, each rendered piece is within the limit of its platform, and nothing raises."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import registry
from adapters.dingtalk.render import robot_message
from adapters.discord.render import to_discord
from adapters.feishu.render import card
from adapters.line.render import messages
from adapters.slack.render import to_mrkdwn
from adapters.splitter import code_points, utf8_bytes, utf16_units
from adapters.wecom.render import to_markdown as to_wecom
from adapters.wecom.render import to_plain
from adapters.whatsapp.render import to_whatsapp
from tests.adapters.contract import CASES
from tests.adapters.wecom.builders import wecom

_BLOCKS = (
    "# h\n",
    "#### deep\n",
    ">q\n",
    "> q\n",
    "- i\n",
    "1. n\n",
    "---\n",
    "a|b\n-|-\n1|2\n",
    "---|---\n",
    "```\n",
    "~~~py\n",
)
_INLINES = ("**b**", "_i_", "~~s~~", "`c`", "[l](https://e.com)", "![i](https://e.com/i.png)", "<https://e.com>")
_WORDS = ("\n", "\n\n", " ", "&<>", "你好", "😀", "word", "@everyone", "<!channel>", "*", "__", "\\", "|")
_BITS = st.sampled_from((*_BLOCKS, *_INLINES, *_WORDS))
_TEXTS = st.lists(_BITS | st.text(max_size=8), max_size=40).flatmap(
    lambda bits: st.integers(1, 200).map(lambda times: ("".join(bits) * times)[:20_000])
)


def line_text(text: str) -> str:
    (message,) = messages(text, None)
    return str(message["text"])


def wecom_markdown(text: str) -> str:
    return to_wecom(text, 20_480)


def dingtalk_param(text: str) -> str:
    return json.dumps(robot_message(text, [])[1], ensure_ascii=False)


def feishu_card(text: str) -> str:
    return json.dumps(card(text), ensure_ascii=False)


@pytest.mark.parametrize(
    ("platform", "render", "limit", "unit"),
    [
        ("slack", to_mrkdwn, 40_000, code_points),
        ("whatsapp", to_whatsapp, 4096, code_points),
        ("line", line_text, 5000, utf16_units),
        ("discord", to_discord, 2000, code_points),
        ("wecom", wecom_markdown, 20_480, utf8_bytes),
        ("dingtalk", dingtalk_param, 15_000, utf8_bytes),
        ("feishu", feishu_card, 30_000, utf8_bytes),
    ],
)
@given(text=_TEXTS)
@settings(max_examples=60, deadline=None)
def test_every_piece_fits(
    platform: str, render: Callable[[str], str], limit: int, unit: Callable[[str], int], text: str
) -> None:
    case = CASES[platform]
    adapter = registry.create(platform, dict(case.account))
    for piece in adapter.split(text):
        assert unit(render(piece)) <= limit


@given(text=_TEXTS)
@settings(max_examples=60, deadline=None)
def test_every_piece_of_a_wecom_application_fits(text: str) -> None:
    for piece in wecom().split(text):
        for rendered in (to_wecom(piece, 2048), to_plain(piece, 2048)):
            assert utf8_bytes(rendered) <= 2048
