"""A slash begins a command only where a command of that name is known."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bots.models import Channel, InboundEvent
from skills import catalogue
from tests.builders import answers, say, use_policy
from tests.peers import StubModel
from tests.skills.builders import make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


def in_group(channel: Channel, text: str, **values: Any) -> InboundEvent:
    return say(channel, text, chat="-9", user="ann", chat_type="group", **values)


@pytest.mark.parametrize(
    "text",
    [
        "/etc/hosts keeps being overwritten",
        "/tmp is full again",
        "/etc/hosts",
        "/usr/bin/env: not found",
        "/1 or /2?",
        "/README.md",
        "/history应该是这样的",
        "/Users/me/file.py:45-46 can you fix this?",
        "// a comment",
        "/var/log/syslog 这个文件太大了",
    ],
)
def test_a_sentence_that_begins_with_a_path_is_a_question(text: str, channel: Channel, model: StubModel) -> None:
    say(channel, text)
    assert answers() == [f"You said: {text}"]


def test_a_lone_unknown_command_gets_the_help_text_in_private(channel: Channel, model: StubModel) -> None:
    say(channel, "/unknowncommand")
    assert "/forget" in answers()[0]
    assert not model.prompts


@pytest.mark.parametrize("text", ["/weather", "/weather Berlin", "/play@OtherBot", "／天气 北京"])
def test_a_command_of_another_bot_is_met_with_silence_in_a_group(text: str, channel: Channel, model: StubModel) -> None:
    use_policy(channel, group_policy="all")
    assert in_group(channel, text).state == InboundEvent.State.IGNORED
    assert not answers()


def test_a_known_command_or_the_name_of_the_bot_is_answered_in_a_group(channel: Channel, model: StubModel) -> None:
    use_policy(channel, group_policy="all")
    in_group(channel, "/status")
    in_group(channel, "/nonsense", mentions_bot=True)
    in_group(channel, "good morning")
    in_group(channel, "/tmp/log has a question", mentions_bot=True)
    assert len(answers()) == 4


def test_a_command_that_a_skill_takes_is_known(channel: Channel) -> None:
    make_skill("Plain", "/go")
    catalogue.clear_cache()
    use_policy(channel, group_policy="all")
    in_group(channel, "/go")
    assert answers() == ["plain"]


@pytest.mark.parametrize("text", ["/help.", "/Help!", "/帮助。", "\u200f/help?", "/memory: tea", "/memory： 茶"])
def test_marks_behind_a_command_are_no_part_of_its_name(text: str, channel: Channel, model: StubModel) -> None:
    say(channel, text)
    assert not model.prompts
    assert answers()


@pytest.mark.parametrize("text", ["/README.md", "/tmp: no such file", "/etc. and more", "/help.txt", "/a.b/c", "/.ssh"])
def test_marks_do_not_make_a_path_a_command(text: str, channel: Channel, model: StubModel) -> None:
    say(channel, text)
    assert answers() == [f"You said: {text}"]


@pytest.mark.parametrize("text", ["/new what is the plan?", "/新对话 你好", "/reset hello"])
def test_what_stands_behind_a_command_that_begins_anew_is_not_lost_silently(text: str, channel: Channel) -> None:
    say(channel, text)
    assert re.search(r"Please send it again\.$|请再单独发一次。$", answers()[0])
    say(channel, text.split()[0])
    assert not re.search(r"Please send it again\.$|请再单独发一次。$", answers()[1])
