"""After any messages the stack is valid, at most five deep and JSON, and `cancel` and `/reset` lead out of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.events import EventKind
from bots.channels import presses
from bots.models import Conversation, Message
from bots.pipeline.engine.dialog import frames
from clawdbot.flows import Flow
from clawdbot.skills import BaseSkill
from skills import tools
from tests.pipeline.engine.answer.tool_loop_builders import asking
from tests.pipeline.engine.dialog.flows import Chat, make_chat, restart
from tests.skills.builders import make_skill
from tests.skills.flow_samples import TABLE
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

PRESS_FIRST, PRESS_LAST, PRESS_OLD = "first button", "last button", "button of the oldest question"
BY_MODEL = "I am hungry, what can you do about that?"  # the model starts a flow
MESSAGES = [
    *("book a table", "订位", "fruit", "survey", "trivia", "alarm", "/forget", "/help", "/stop", "continue", "继续"),
    *(
        "yes",
        "no",
        "好",
        "不对",
        "cancel",
        "skip",
        "person",
        "2",
        "3 people",
        "apple",
        "2030-12-05",
        "2001-01-01",
        "window",
    ),
    *(
        "no, 4",
        "不对，是5个",
        "stop",
        "restart",
        "what time is it",
        "I live in Lyon",
        "🙂",
        "back",
        "start over",
        "重新开始",
        "👍",
        PRESS_FIRST,
        PRESS_LAST,
        PRESS_OLD,
        BY_MODEL,
        "{day}",
        "%(name)s",
        "x" * 300,
    ),
]
HERE = "tests.pipeline.engine.dialog.test_frames_properties"
FEW = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
STACKS = st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=9)


class Meal(BaseSkill):
    """A flow that the model starts."""

    name = "meal"
    flow: ClassVar[Flow] = replace(TABLE, name="meal", triggers=("meal",), description="Books a meal.")

    def execute(self, context: Any) -> str:
        return "Booked."


@pytest.fixture
def chat() -> Iterator[Chat]:
    made = make_chat("Table", "Fruit", "Survey", "Asks", f"{HERE}.Meal")
    make_skill("Alarm", "alarm")
    restart()
    tools.clear_cache()

    def answers(body: dict[str, Any]) -> Wants:
        hungry = BY_MODEL in str(body["messages"][-1]["content"])
        return call("meal", people=2) if hungry and body.get("tools") else Wants("I see.")

    with asking(answers) as model:
        yield made
        assert model.malformed == []


def take(chat: Chat, text: str) -> None:
    """Says something, or presses a button as a platform reports it."""
    if text not in (PRESS_FIRST, PRESS_LAST, PRESS_OLD):
        chat.say(text)
        return
    asked = Message.objects.filter(conversation__chat_id=chat.chat, meta__has_key=Message.BUTTONS).order_by("id")
    message = asked.first() if text == PRESS_OLD else asked.last()
    if message is not None:
        number = len(message.meta[Message.BUTTONS]) if text == PRESS_LAST else 1
        chat.say("", kind=EventKind.ACTION, data=presses.name(message.pk, number))


def check(chat: Chat) -> None:
    conversation = chat.conversation
    stored = conversation.state_data.get("frames", [])
    assert (conversation.state == Conversation.State.COLLECTING) == bool(stored)
    assert len(stored) <= frames.DEEPEST
    assert len(frames.of(conversation)) == len(stored)
    conversation.state_data = json.loads(json.dumps(conversation.state_data))
    assert len(frames.of(conversation)) == len(stored)
    assert all(frame["asked_at"] and frame["asked_in"] for frame in stored)
    flows = [frame["flow"] for frame in stored]
    assert len(set(flows)) == len(flows)


@FEW
@given(STACKS)
def test_the_stack_stays_valid_and_cancel_leads_out(chat: Chat, said: list[str]) -> None:
    one = Chat(chat.channel, uuid.uuid4().hex)
    for text in said:
        take(one, text)
        check(one)
    for _frame in range(frames.DEEPEST):
        if one.conversation.state != Conversation.State.COLLECTING:
            break
        open_before = len(one.frames)
        one.say("cancel it, please")
        assert len(one.frames) < open_before
    assert one.conversation.state != Conversation.State.COLLECTING


@FEW
@given(STACKS, st.sampled_from(["/reset", "/new", "/stop", "/重置"]))
def test_a_command_leads_out_at_once(chat: Chat, said: list[str], command: str) -> None:
    one = Chat(chat.channel, uuid.uuid4().hex)
    for text in said:
        take(one, text)
    one.say(command)
    assert one.frames == []
    assert one.say("book a table").endswith("On which day?") or one.conversation.state == Conversation.State.HUMAN
