"""A message that asks for more than to read a page is for the model, where one can call the skill as a tool."""

from __future__ import annotations

from typing import Any

import pytest

from bots.models import Channel
from skills import catalogue, tools
from skills.models import Skill, ToolCall
from skills.webpage import reading
from tests.http_server import Answer, Server
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking
from tests.tool_model import Wants, call

PAGE = b"<html><head><title>Pears</title></head><body><p>A pear costs two euros today in every shop.</p></body></html>"


@pytest.mark.parametrize(
    "text",
    [
        "read https://e.com/a and compare it with what I said yesterday",
        "Read https://e.com/a, then write a reply to my team",
        "summarize https://e.com/a in 3 sentences for my boss",
        "read https://e.com/a and https://e.com/b",
        "is it true what https://e.com/a says?",
        "translate what https://e.com/a says into German",
        "读一下 https://e.com/a 并和我昨天说的对比",
        "看看 https://e.com/a ，你怎么看？",
        "总结 https://e.com/a ，用英文",
    ],
)
def test_more(text: str) -> None:
    assert reading.asks_more(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://e.com/compare/translate",
        "read https://e.com/a",
        "read https://e.com/a please and tell me what it says about prices",
        "总结一下 https://e.com/a",
        "https://e.com/a 说了什么关于价格的内容？",
    ],
)
def test_no_more(text: str) -> None:
    assert not reading.asks_more(text)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("words_only")
def test_the_model_takes_it_with_the_tool_and_the_skill_takes_it_without_a_model(
    channel: Channel, server: Server
) -> None:
    page = Answer(200, PAGE, {"Content-Type": "text/html"})
    server.answer(page, page, page)
    Skill.objects.create(
        module="skills.webpage.WebPageSkill", name="webpage", all_bots=True, config={"trusted": [server.url]}
    )
    catalogue.clear_cache()
    tools.clear_cache()
    url = f"{server.url}/pears"

    def compares(body: dict[str, Any]) -> Wants:
        results = [one["content"] for one in body["messages"] if one["role"] == "tool"]
        return Wants("You said three, the page says two.") if results else call("webpage", url=url)

    more = f"read {url} and compare it with what I said yesterday"
    assert "two euros" in ask(channel, more), "no model: the skill does what it can"
    with asking(compares) as model:
        assert ask(channel, more) == "You said three, the page says two."
        assert "two euros" in str(model.requests[-1]["messages"])
        asked = len(model.requests)
        assert "two euros" in ask(channel, f"read {url}"), "to read it is all: the skill answers"
        assert len(model.requests) == asked
    assert ToolCall.objects.filter(tool="webpage").count() == 1
