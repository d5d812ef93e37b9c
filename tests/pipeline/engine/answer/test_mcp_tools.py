"""A model calls tools of MCP servers and opens agent skills, through the real pipeline."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bots.models import Channel
from skills import tools
from skills.instructions import catalogue as instructions
from skills.instructions import storing
from skills.instructions.models import InstructionGrant
from skills.mcp.models import McpTool
from skills.models import ToolCall
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking
from tests.skills.instructions.builders import MANIFEST, packed
from tests.skills.mcp.builders import GOOD, RUDE, allow, list_tools, make_server
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

ADD = call("good__add", a=20, b=22)


def give(channel: Channel, *names: str, effects: tuple[str, ...] = ("reads",)) -> None:
    rows = [row for row in list_tools(make_server("good", GOOD)) if row.name in names]
    McpTool.objects.update(effects=list(effects))
    for row in rows:
        row.refresh_from_db()
    allow(channel.bot, *rows)
    tools.clear_cache()


@pytest.mark.parametrize(
    ("question", "answer"), [("What is 20 + 22?", "It is 42."), ("20 加 22 等于多少？", "等于 42。")]
)
def test_a_tool_that_only_reads_is_called_and_its_result_used(channel: Channel, question: str, answer: str) -> None:
    give(channel, "add")
    with asking(ADD, Wants(answer)) as model:
        assert ask(channel, question) == answer
    assert "42" in model.results[0]
    row = ToolCall.objects.get()
    assert (row.state, row.tool, row.source, row.arguments) == ("done", "good__add", "mcp", {"a": 20, "b": 22})


def test_a_new_tool_asks_first(channel: Channel) -> None:
    give(channel, "add", effects=("destructive", "outside"))
    with asking(ADD, Wants("It is 42.")):
        asked = ask(channel, "What is 20 + 22?")
        assert "42" not in asked
        assert ToolCall.objects.get().state == "waiting"
        assert ask(channel, "yes") == "It is 42."
    assert ToolCall.objects.get().state == "done"


def test_a_dead_server_costs_a_turn_nothing_but_its_tool(channel: Channel) -> None:
    give(channel, "add")
    dead = make_server("dead", RUDE, "exits")
    row = McpTool.objects.create(
        server=dead, name="a", call_name="dead__a", fingerprint="x", schema={"type": "object"}, effects=["reads"]
    )
    allow(channel.bot, row)
    tools.clear_cache()
    steps: tuple[Any, ...] = (call("dead__a"), call("good__add", a=1, b=1), Wants("It is 2."))
    with asking(*steps) as model:
        assert ask(channel) == "It is 2."
    assert "is not available now" in model.results[0]
    with asking(Wants("Hello.")):
        began = time.monotonic()
        assert ask(channel, "Hello") == "Hello."
        assert time.monotonic() - began < 10
    assert set(ToolCall.objects.values_list("tool", "state")) == {("dead__a", "failed"), ("good__add", "done")}


def test_a_skill_is_opened_and_a_file_of_it_read(channel: Channel) -> None:
    skill, _fresh = storing.from_zip(packed({"SKILL.md": MANIFEST, "references/prices.md": "Tea costs 1 EUR."}))
    grant = InstructionGrant(bot=channel.bot, skill=skill)
    grant.approve()
    grant.save()
    instructions.clear_cache()
    tools.clear_cache()
    steps = (
        call("use_skill", name="price-list"),
        call("read_skill_file", name="price-list", path="references/prices.md"),
        Wants("Tea costs 1 EUR."),
    )
    with asking(*steps) as model:
        assert ask(channel, "What does tea cost?") == "Tea costs 1 EUR."
    assert "price-list: Answers questions about prices" in str(model.requests[0]["tools"])
    assert "Read references/prices.md first" in model.results[0]
