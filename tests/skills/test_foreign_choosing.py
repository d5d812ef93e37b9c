"""Messages that only quote or name a skill, ask for two, or hold figures that nobody wants to have worked out."""

from __future__ import annotations

import pytest

from bots.models import Channel, Message
from memory.models import MemoryEntry
from skills import catalogue, choosing
from tests.builders import answers, make_bot, say
from tests.http_server import Server
from tests.peers import StubModel
from tests.pipeline.engine.answer.tool_loop_builders import asking
from tests.skills.builders import make_skill, matched
from tests.skills.fresh_installation import install
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

TO_THE_MODEL = [
    *("1+1=2", "2+2=4", "is 1+1=3?", "2x+3=7", "9 to 5", "2 in 1", "5!", "5%", "5+", "24 hours in a day", "7 days in a week"),
    *("1.2.3-4", "v1.2-3", "2024-2023", "138-0013-8000", "3-2", "C++11+14", "x^2+2x+1", "for (i=0;i<10;i++)", "1+1 apples"),
    *("5公里是多少米，3+4等于几", "2023年2月29日是星期几", "半斤八两", "一斤八两", "a ton of work", "$5 + €3"),
    *('He said "remind me tomorrow" and left', "I do not want you to remind me tomorrow at 9", "no need to remind me"),
    *('What does "what is 2+2" test in a child?', "请解释「提醒我明天开会」这句话", "`remember that x is 1` fails, why?"),
    *("/tmp remember that I like tea", "/etc/hosts: remember that it is wrong", "I don't want to talk to a human"),
    *("talk to a person like an adult", "人工降雨", "time in a bottle", "https://example.org and https://example.com"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def built_in(server: Server) -> None:
    install(server)


@pytest.mark.parametrize("text", TO_THE_MODEL)
def test_a_message_about_something_else_calls_no_skill_and_asks_nothing(text: str) -> None:
    assert matched(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *(("can you remember that my name is Ann?", "remember"), ("/remember: my name is Ann", "remember")),
        *(("“weather in Paris”", "weather"), ("weather in “Paris”", "weather"), ("/天气 Paris", "weather")),
        *(("let me talk to a human about my refund please", "person"), ("representative representative!", "person")),
        *(("人工客服，咨询一下订单", "person"), ("what date is 100 days from today", "date and time")),
        *(("明天几号", "date and time"), ("两周后是星期几", "date and time"), ("what time zone am I in", "date and time")),
        *(('read "https://example.org/a"', "webpage"), ("<https://example.org>", "webpage")),
        *(("$5 + $3", "calculator"), ("3万+5千", "calculator"), ("=3+4", "calculator"), ("2π", "calculator")),
    ],
)  # fmt: skip
def test_a_request_in_an_unusual_form_calls_its_skill(text: str, name: str) -> None:
    found = matched(text)
    assert found is not None
    assert found.name == name


def test_a_command_is_the_own_name_of_a_skill_before_a_trigger_word_of_another() -> None:
    make_skill("Echo", "dice", name="echo")
    make_skill("Dice", "roll", name="dice")
    catalogue.clear_cache()
    named = choosing.commands(make_bot().pk)
    assert (named["dice"].name, named["roll"].name, named["echo"].name) == ("dice", "dice", "echo")


@pytest.mark.parametrize(
    ("text", "two"),
    [
        *(("what's the weather in Paris and remind me tomorrow at 8 to pack", True), ("几点了？天气怎么样？", True)),
        *(
            ("记住我喜欢茶，然后告诉我北京天气", True),
            ("remember that I like tea and what's the weather in Paris", True),
        ),
        *(("remind me tomorrow at 8 to check the weather in Paris", False), ("weather in Paris and London", False)),
        *(("提醒我明天八点查北京天气", False), ("what is 2 and 3 plus 4", False), ("hello, and then?", False)),
    ],
)
def test_two_requests_in_one_message_are_told_from_one(text: str, two: bool) -> None:
    assert choosing.asks_for_two(make_bot().pk, text) is two


def test_two_requests_go_to_a_model_that_can_call_both(channel: Channel) -> None:
    steps = (call("weather", city="Paris", day="tomorrow"), Wants("Rain tomorrow; I will remind you."))
    with asking(*steps) as tool_model:
        say(channel, "weather in Paris and remind me tomorrow at 8 to pack")
        say(channel, "/status")
    said, status = answers()
    assert said == "Rain tomorrow; I will remind you."
    assert "light rain" in tool_model.results[0]
    assert "(100 of " in status  # the last prompt, not the sum of both


def test_without_tools_the_person_is_told_that_only_one_is_done(channel: Channel, model: StubModel) -> None:
    channel.bot.tools_enabled = False
    channel.bot.save()
    say(channel, "weather in Paris and remind me tomorrow at 8 to pack")
    said = answers()[0]
    assert said.startswith("One thing at a time; please write the rest again afterwards.\n\nParis, France")
    say(channel, "weather in Paris")
    assert answers()[1].startswith("Paris, France")
    assert Message.objects.filter(role="assistant").count() == 2


def test_what_is_remembered_is_kept_as_it_was_written(channel: Channel) -> None:
    say(channel, "请记住：我叫小明，住在“北京”（朝阳）。")
    assert MemoryEntry.objects.filter(pinned=True).get().text == "我叫小明，住在“北京”（朝阳）"
