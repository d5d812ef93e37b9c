"""Answers that other products show wrongly; each case names the public report."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from adapters.discord.render import to_discord
from adapters.markdown import plain_text
from adapters.slack.render import to_mrkdwn
from adapters.telegram.render import to_html
from adapters.whatsapp.render import to_whatsapp
from bots.channels.web.html import render_markdown


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("https://example.com/api/_v1_ and https://e.com/?q=_test_", "<i>"),  # use-agent-os/agent-os#2560
        ("https://e.com/NRR-JaUmg_hm7/a.md and https://e.com/b_c.md", "<i>"),  # Temikus/denkeeper#243
        ("a/b/__init__.py#L16", "<b>"),  # telegramdesktop/tdesktop#3851
        ("5~7U 保证金 × 100~200倍", "<s>"),  # agegr/pi-web#385
        ("Make a fix (~2000 lines) and delete (~5000 lines)", "<s>"),  # github/copilot-cli#1936
        ("第一(~$1.50)和第二(~$10)", "<s>"),  # posit-dev/shinychat#349
        ("$x^*(b) = a^*$", "<i>"),  # yzane/vscode-markdown-pdf#221
        ("see `a_b` and plan.md, README.md, coverage.py", "<a"),  # multica-ai/multica#4222, MarkBind/markbind#1774
    ],
)
def test_nothing_is_marked_that_was_not(text: str, gone: str) -> None:
    assert gone not in to_html(text)
    assert {"<i>": "<em>", "<b>": "<strong>"}.get(gone, gone) not in render_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        r"\[ \frac{\partial^2 u}{\partial t^2} = c^2 \]",  # markedjs/marked#3445
        r"$$ w \\ \hline x $$",  # theacodes/cmarkgfm#67
        r"C:\Users\user\.copilot\config.json",  # github/app#2784
        r"$env:USERPROFILE\.ssh",  # microsoft/vscode#285445
        r"C:\Games\Skyrim\Data\..\Skyrim.exe",  # loot/loot#1092
        "2. hello",  # Blockether/vis#149, element-hq/element-x-ios#4529
        "20456. it",  # kylepelham/Drift#81
        "4. 4.",  # notaapp/talk#183
    ],
)
def test_nothing_is_lost_that_was_there(text: str) -> None:
    assert plain_text(text) == text


def test_a_number_on_the_page_is_the_one_that_was_written() -> None:  # element-hq/element-x-ios#4529
    assert '<ol start="2">' in render_markdown("2. this is a two")


@pytest.mark.parametrize(
    "text",
    [
        "**历经10年发展，**年",  # markedjs/marked#3838
        "**テスト。**テスト",  # thephpleague/commonmark#490
        "的**《李茶的姑妈》**已经",  # xoofx/markdig#583
        "**加粗测试（含括号）**",  # mikepenz/multiplatform-markdown-renderer#579
    ],
)
def test_bold_beside_full_width_punctuation_is_bold(text: str) -> None:
    assert "<b>" in to_html(text)
    assert "<strong>" in render_markdown(text)
    assert "**" not in to_mrkdwn(text)
    assert "**" not in to_whatsapp(text)


@pytest.mark.parametrize("render", [to_mrkdwn, to_whatsapp, to_discord, plain_text])
def test_code_is_not_touched(render: Callable[[str], str]) -> None:  # xorbitsai/xagent#1064
    code = "# **not** bold\n| a | b |\n|---|---|\n![x](y) ~~z~~"
    assert code in render(f"```md\n{code}\n```")


def test_a_link_target_with_underscores_is_not_marked() -> None:  # sipeed/picoclaw#2164
    assert to_html("[a](https://e.com/x_y_z) _b_") == '<a href="https://e.com/x_y_z">a</a> <i>b</i>'


def test_a_table_with_empty_cells_keeps_them() -> None:  # HKUDS/Vibe-Trading#799
    table = "| | a | |\n|---|---|---|\n| | 1 | |"
    assert table in to_mrkdwn(table)
    assert re.findall(r"<td>(.*?)</td>", render_markdown(table)) == ["", "1", ""]
