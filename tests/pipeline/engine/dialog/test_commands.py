"""Answers of the commands: on the subject, in the language of the page, with names that people know."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.web.events import WebFacts, message_event
from bots.models import Channel, Message
from bots.operations import web_channels
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from memory.models import MemoryEntry
from tests.builders import make_bot, make_channel, say
from tests.peers import StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def answer(channel: Channel, text: str, **values: Any) -> str:
    """Returns the answer to one message, without a model."""
    say(channel, text, **values)
    last = Message.objects.filter(role=Message.Role.ASSISTANT).order_by("-id").first()
    return last.text if last else ""


def test_memory_with_a_question_lists_only_what_has_to_do_with_it() -> None:
    channel = make_channel()
    answer(channel, "我妹妹住在台北")
    answer(channel, "我对花生过敏")
    found = answer(channel, "/记忆 台北")
    assert "你：我妹妹住在台北" in found
    assert "花生" not in found
    assert answer(channel, "/记忆 摩托车") == "没有找到相关的记忆。"


def test_a_linked_visitor_without_a_name_is_not_called_by_a_key() -> None:
    channel = make_channel()
    other = make_channel(channel.bot)
    code = answer(channel, "/link").split("/link ")[1].split("`")[0]
    told = answer(other, f"/link {code}", chat="chat-2")
    assert told.startswith("Done: I know that both accounts are yours")
    assert "chat-" not in told


def test_a_command_is_answered_in_the_language_that_the_page_is_in_now() -> None:
    page = web_channels.ensure_web_channel(make_bot())

    def asked(text: str, language: str, number: int) -> str:
        event = message_event("visitor", text, WebFacts(f"c{number}", language, "Asia/Shanghai"))
        for row_id in inbox.accept(page, [event]).accepted:
            MessageDispatcher().process(row_id)
        return Message.objects.filter(role=Message.Role.ASSISTANT).latest("id").text

    assert asked("/help", "en", 1).startswith("What I understand:")
    assert asked("/help", "zh-CN", 2).startswith("我能理解的命令")
    assert asked("I like tea", "zh-CN", 3).startswith("Noted")


@pytest.mark.parametrize(
    "text",
    [
        *("/var/log fills up every night, why?", "/opt is read-only", "/usr/local/bin", "/* is this a comment? */"),
        *(
            "// what does this line do",
            "/ means division here",
            "/",
            "//",
            "/2",
            "\uff0f这条斜线是什么意思 在公式里",
        ),
        *("/shrug no idea", "/helpful people live here"),
    ],
)
def test_what_begins_with_a_slash_and_names_no_command_is_said_to_the_bot(
    channel: Channel, model: StubModel, text: str
) -> None:
    assert answer(channel, text) == f"You said: {text}"
    assert MemoryEntry.objects.filter(text=text).exists()


@pytest.mark.parametrize(("command", "args"), [("opt", "is read-only"), ("Var", "fills up")])
def test_a_name_that_the_adapter_read_is_no_command_either(
    channel: Channel, model: StubModel, command: str, args: str
) -> None:
    assert answer(channel, f"/{command} {args}", command=command, args=args) == f"You said: /{command} {args}"


@pytest.mark.parametrize("text", ["/hlep", "/幫助我", "/statsu "])
def test_a_mistyped_command_gets_the_help_text(text: str) -> None:
    told = answer(make_channel(), text)
    assert told.startswith(("I don't know the command /", "我不认识命令"))


@pytest.mark.parametrize("text", ["/memory\nChengdu", "/MEMORY  Chengdu", "/记忆\u3000Chengdu"])
def test_a_command_ends_at_any_white_space(text: str) -> None:
    channel = make_channel()
    answer(channel, "My sister lives in Chengdu")
    assert "My sister lives in Chengdu" in answer(channel, text)
