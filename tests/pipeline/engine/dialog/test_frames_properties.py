"""After any messages the stack is valid, at most five deep and JSON, and `cancel` and `/reset` lead out of it."""

from __future__ import annotations

import json
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bots.models import Conversation
from bots.pipeline.engine.dialog import frames
from tests.pipeline.engine.dialog.flows import Chat, make_chat, restart
from tests.skills.builders import make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

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
        "{day}",
        "%(name)s",
        "x" * 300,
    ),
]
FEW = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
STACKS = st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=9)


@pytest.fixture
def chat() -> Chat:
    made = make_chat("Table", "Fruit", "Survey", "Asks")
    make_skill("Alarm", "alarm")
    restart()
    return made


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
        one.say(text)
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
        one.say(text)
    one.say(command)
    assert one.frames == []
    assert one.say("book a table").endswith("On which day?") or one.conversation.state == Conversation.State.HUMAN
