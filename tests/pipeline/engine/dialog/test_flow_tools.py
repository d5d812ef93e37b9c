"""A flow with a description is a tool: the model starts it with what the person has said, and its question is asked."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from bots.models import Bot, Channel, InboundEvent, Message
from bots.pipeline import engine, inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.engine.dialog import frames
from clawdbot.flows import Flow
from clawdbot.skills import BaseSkill
from skills import catalogue, flows, tools
from skills.models import BotTool, ToolCall
from tests.builders import make_bot, make_channel, make_event
from tests.killing import kill_before_statement, recover
from tests.pipeline.engine.answer.tool_loop_builders import asking
from tests.pipeline.engine.dialog.flows import Chat
from tests.skills.builders import make_skill
from tests.skills.flow_samples import TABLE
from tests.skills.test_flows import make_flow
from tests.tool_model import ToolModel, Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

HERE = "tests.pipeline.engine.dialog.test_flow_tools"
FRUIT: dict[str, Any] = {
    "description": "Orders fruit.",
    "steps": [
        {
            "kind": "collect",
            "slot": "kind",
            "type": "choice",
            "question": {"en": "Apple or pear?", "zh": "苹果还是梨？"},
            "choices": [{"value": "apple", "label": {"zh": "苹果"}}, {"value": "pear", "label": {"zh": "梨"}}],
        },
        {
            "kind": "collect",
            "slot": "count",
            "type": "integer",
            "maximum": 20,
            "question": {"en": "How many?", "zh": "要几个？"},
        },
        {"kind": "confirm"},
        {"kind": "act", "do": "say", "text": {"en": "{count} × {kind}.", "zh": "{count}个{kind}。"}, "effect": False},
    ],
}


class Dinner(BaseSkill):
    """A table, as a tool."""

    name = "dinner"
    effects = frozenset({"outside"})
    flow: ClassVar[Flow] = replace(TABLE, name="dinner", triggers=("dinner",), description="Books a table for dinner.")

    def execute(self, context: Any, day: str, people: int, seat: str, dog: bool, note: str = "") -> str:
        return f"Booked {people} on {day}."


@pytest.fixture
def chat() -> Chat:
    make_skill(f"{HERE}.Dinner")
    forget_caches()
    return Chat(make_channel())


def forget_caches() -> None:
    for module in (catalogue, flows, tools):
        module.clear_cache()


def names(model: ToolModel) -> list[str]:
    return [tool["function"]["name"] for tool in model.requests[-1].get("tools", [])]


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    pieces: list[str] = []
    respond = engine.respond

    def shown(turn: engine.Turn) -> engine.Reply:
        turn.on_token, turn.on_restart = pieces.append, pieces.clear
        return respond(turn)

    monkeypatch.setattr("bots.pipeline.dispatch.presenting.engine.respond", shown)
    return pieces


def test_the_model_starts_a_flow_with_what_it_has_read(chat: Chat) -> None:
    with asking(call("dinner", day="2030-12-05", people=3)) as model:
        assert (
            chat.say("We are three and would love to eat at your place on the fifth") == "Where?\n1. window\n2. garden"
        )
        (tool,) = model.requests[0]["tools"]
        assert tool["function"]["description"].startswith("Books a table for dinner.")
        properties = tool["function"]["parameters"]["properties"]
        assert properties["seat"]["enum"] == ["window", "garden"]
        assert properties["people"]["type"] == "integer"
        assert len(model.requests) == 1, "the question is the answer: the model is not asked again"
        assert Message.objects.latest("id").meta["buttons"] == ["window", "garden"]
        for text in ("garden", "no", "skip"):
            last = chat.say(text)
        assert "people: 3" in last
        assert chat.say("yes") == "Booked 3 on 2030-12-05."
    row = ToolCall.objects.get(source="flow")
    assert (row.tool, row.state, row.arguments) == ("dinner", "done", {"day": "2030-12-05", "people": 3})
    assert row.result == "Where?\n1. window\n2. garden"
    assert ToolCall.objects.filter(source="skill").count() == 1
    assert model.malformed == []


def test_streamed_the_question_follows_what_the_model_said(chat: Chat, streamed: list[str]) -> None:
    with asking(call("dinner", "With pleasure.", people=3)) as model:
        assert chat.say("Can we come and eat, three of us?") == "With pleasure.\n\nOn which day?"
        assert " ".join("".join(streamed).split()) == "With pleasure. On which day?"
        assert all(body["stream"] for body in model.requests)


def test_values_that_do_not_fit_are_asked_with_the_reason(chat: Chat) -> None:
    given = {"day": "2030-12-05", "people": 50, "seat": "window", "note": "unknown"}
    with asking(call("dinner", **given)):
        assert chat.say("fifty of us").startswith("It can be at most 8.\n\nFor how many?")
        slots = chat.frames[0]["slots"]
        assert slots == {"day": "2030-12-05", "seat": "window"}


def test_values_are_read_as_a_person_writes_them(chat: Chat) -> None:
    wants = Wants("", (("dinner", '{"day": "December 5, 2030", "people": 3, "dog": false, "seat": "garden"}'),))
    with asking(wants):
        chat.say("please")
        assert chat.frames[0]["slots"] == {"day": "2030-12-05", "people": 3, "dog": False, "seat": "garden"}


def test_history_stays_well_formed_after_it(chat: Chat) -> None:
    def wants(body: dict[str, Any]) -> Wants:
        asked = body["messages"][-1]["content"]
        return call("dinner") if "table" in asked else Wants("It is warm.")

    with asking(wants) as model:
        assert chat.say("I want a table") == "On which day?"
        assert chat.say("what is the weather like there?") == "It is warm.\n\nBack to the table:\nOn which day?"
        assert model.malformed == []


def test_a_flow_that_is_open_goes_on_with_what_it_has(chat: Chat) -> None:
    with asking(call("dinner", people=3), call("dinner", day="2030-12-05")):
        chat.say("we want to eat with you")
        assert chat.say("so what about the fifth, would that be possible for us?").startswith("Where?")
        assert chat.frames[0]["slots"] == {"people": 3, "day": "2030-12-05"}
        assert len(chat.frames) == 1


def test_a_flow_of_the_admin_belongs_to_its_bot(channel: Channel) -> None:
    other = make_channel(make_bot())
    make_flow("fruit", channel.bot, definition=FRUIT)
    make_flow("plain", channel.bot, definition=FRUIT | {"description": ""})
    forget_caches()
    with asking(Wants("Hello.")) as model:
        Chat(channel).say("好")
        assert names(model) == ["fruit"]
        Chat(other, "c2").say("hello")
        assert names(model) == []


def test_the_operator_may_take_it_away(channel: Channel) -> None:
    make_flow("fruit", channel.bot, definition=FRUIT)
    BotTool.objects.create(bot=channel.bot, tool="fruit", enabled=False)
    forget_caches()
    with asking(Wants("Hello.")) as model:
        Chat(channel).say("hello")
        assert names(model) == []


def test_by_tools_only_leaves_its_words_to_the_model(channel: Channel) -> None:
    make_flow("fruit", channel.bot, definition=FRUIT, triggers=["fruit"])
    make_flow("plain", channel.bot, definition=FRUIT | {"description": ""}, triggers=["plain"])
    Bot.objects.filter(pk=channel.bot_id).update(skills_by_tools_only=True)
    forget_caches()
    from bots.channels import lookup

    lookup.clear_cache()
    chat = Chat(Channel.objects.get(pk=channel.pk))
    with asking(Wants("Fruit is healthy.")):
        assert chat.say("fruit") == "Fruit is healthy."
        assert chat.say("plain").startswith("Apple or pear?"), "it is no tool, so its words start it"
        chat.say("cancel")
        assert chat.say("/fruit").startswith("Apple or pear?"), "a slash says so plainly"


def test_in_a_group_the_person_who_wrote_is_asked(channel: Channel) -> None:
    make_flow("fruit", channel.bot, definition=FRUIT)
    forget_caches()
    group = Chat(channel, "group-1")
    values = {"chat_type": "group", "mentions_bot": True}
    with asking(call("fruit"), Wants("Fine.")):
        assert group.say("we need vitamins", user="ann", **values).startswith("Apple or pear?")
        group.say("pear", user="bob", **values)
        assert group.frames[0]["slots"] == {}
        group.say("pear", user="ann", **values)
        assert group.frames[0]["slots"] == {"kind": "pear"}


def test_too_many_open_flows_are_not_made_more(channel: Channel) -> None:
    for number in range(6):
        make_flow(f"fruit{number}", channel.bot, definition=FRUIT)
    forget_caches()
    chat = Chat(channel)
    steps = [call(f"fruit{number}") for number in range(6)]
    with asking(*steps) as model:
        for number in range(6):
            last = chat.say(f"tell me all about the number {number}, please")
        assert "several things open" in last
        assert len(chat.frames) == frames.DEEPEST - 1
        assert model.malformed == []


@pytest.mark.databases
def test_it_begins_once_wherever_the_worker_dies(channel: Channel) -> None:
    make_flow("fruit", channel.bot, definition=FRUIT)
    forget_caches()
    with asking(call("fruit", kind="pear")) as model:
        for number in itertools.count(1):
            name = f"kill-{number}"
            (row_id,) = inbox.accept(channel, [make_event("vitamins for us all", chat=name)]).accepted
            killed = kill_before_statement(number, lambda row_id=row_id: MessageDispatcher().process(row_id))
            if killed:
                recover()
            assert InboundEvent.objects.get(pk=row_id).state == InboundEvent.State.DONE, number
            chat = Chat(channel, name)
            (text,) = Message.objects.filter(inbound=row_id, role="assistant").values_list("text", flat=True)
            assert text == "How many?"
            assert [frame["slots"] for frame in chat.frames] == [{"kind": "pear"}]
            assert ToolCall.objects.filter(begun_by=row_id).count() == 1
            if not killed:
                break
        assert number > 5
        assert model.malformed == []
