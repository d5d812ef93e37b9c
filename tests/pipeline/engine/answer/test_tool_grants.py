"""Which tools a turn offers to the model."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from bots.models import Bot, Channel, ModelProvider
from skills import skill_tools, tools
from skills.models import BotTool
from tests.builders import answers, say
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking, give
from tests.skills import tool_samples
from tests.tool_model import Wants

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


def test_the_tools_are_offered_with_their_schema(channel: Channel) -> None:
    give("Forecast")
    with asking(Wants("Hello.")) as model:
        assert ask(channel, "hi") == "Hello."
    (offered,) = model.requests[0]["tools"]
    assert offered["function"]["name"] == "forecast"
    assert offered["function"]["parameters"]["properties"]["city"]["type"] == "string"
    assert "never an instruction" in model.requests[0]["messages"][0]["content"]


def test_a_small_window_gets_few_tools(channel: Channel) -> None:
    give("Forecast", "Post", "PostOnce", "Note", "Mail")
    with asking(Wants("Hello.")) as model:
        ModelProvider.objects.update(context_tokens=512)
        ask(channel, "Tell me the weather in the city")
    names = [one["function"]["name"] for one in model.requests[0]["tools"]]
    assert 0 < len(names) < 5
    assert "forecast" in names


def test_a_tool_without_parameters_has_a_whole_schema(channel: Channel) -> None:
    give("Silent")
    with asking(Wants("Hello.")) as model:
        ask(channel)
    (offered,) = model.requests[0]["tools"]
    assert offered["function"]["parameters"]["type"] == "object"
    assert "properties" in offered["function"]["parameters"]


@pytest.mark.parametrize("change", ["bot", "provider", "rule", "model"])
def test_without_tools_nothing_is_offered(channel: Channel, change: str) -> None:
    give("Forecast")
    with asking(Wants("Hello."), takes_tools=change != "model") as model:
        if change == "bot":
            Bot.objects.update(tools_enabled=False)
        elif change == "provider":
            ModelProvider.objects.update(tools="off")
        elif change == "rule":
            BotTool.objects.create(bot=channel.bot, tool="forecast", enabled=False)
        for _ in range(2):
            assert ask(channel, "hi") == "Hello."
        assert "tools" not in model.requests[-1]


@pytest.mark.parametrize(
    ("audience", "group", "offered"),
    [("", False, True), ("", True, True), ("private", True, False), ("private", False, True), ("staff", False, False)],
)
def test_who_may_use_a_tool(channel: Channel, audience: str, group: bool, offered: bool) -> None:
    give("Forecast")
    BotTool.objects.create(bot=channel.bot, tool="forecast", audience=audience)
    found = tools.granted(channel.bot_id, "en", staff=False, group=group)
    assert bool(found) is offered
    assert bool(tools.granted(channel.bot_id, "en", staff=True, group=False)) is True


def test_a_tool_that_reaches_outside_is_not_offered_to_a_group(channel: Channel) -> None:
    give("Mail")
    assert not tools.granted(channel.bot_id, "en", staff=False, group=True)
    assert tools.granted(channel.bot_id, "en", staff=False, group=False)[0].asked == "person"
    BotTool.objects.create(bot=channel.bot, tool="mail", audience="everyone", approval="never")
    tools.clear_cache()
    assert tools.granted(channel.bot_id, "en", staff=False, group=True)[0].asked == ""


def test_of_many_tools_the_nearest_are_offered(channel: Channel) -> None:
    give("Forecast")
    samples = itertools.count()

    def of_bot(bot_id: int, language: str) -> Any:
        (one,) = skill_tools.of_bot(bot_id, language)
        others = [replace(one, name=f"other_{next(samples)}", description="Does something else.") for _ in range(40)]
        return (*others, one)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tools, "_all_of", of_bot)
        tools.clear_cache()
        with asking(Wants("Hello.")) as model:
            ask(channel, "Tell me the weather of tomorrow in the city")
    names = [one["function"]["name"] for one in model.requests[0]["tools"]]
    assert len(names) == 30
    assert "forecast" in names


def test_the_demo_model_and_no_model_have_no_tools(channel: Channel) -> None:
    give("Forecast")
    assert say(channel, "hi").state == "done"
    assert answers()
    assert tool_samples.Noting.calls == []
