"""A human takes a conversation over, answers and hands it back; the bot stays silent and remembers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Channel, Conversation, Message, StateTransition
from bots.operations import handover
from bots.operations.messages import reply_in
from bots.pipeline import engine
from bots.pipeline.engine.dialog.handover import STAYS
from clawdbot.files import File
from memory.models import MemoryEntry
from skills.seed import seed_built_in
from tests.builders import answers, say
from tests.peers import BotApi, StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
State = Conversation.State


def steps() -> list[tuple[str, str]]:
    return list(StateTransition.objects.order_by("id").values_list("source", "target"))


def test_the_bot_is_silent_while_a_human_answers_and_remembers_what_was_said(
    channel: Channel, api: BotApi, model: StubModel
) -> None:
    say(channel, "hello")
    conversation = Conversation.objects.get()
    assert handover.take_over(conversation)
    assert not handover.take_over(conversation)
    say(channel, "My sister lives in Chengdu")
    reply_in(conversation, "Eve here: noted.")
    assert answers() == ["You said: hello"]
    assert MemoryEntry.objects.filter(text="My sister lives in Chengdu").exists()
    assert handover.hand_back(conversation)
    assert not handover.hand_back(conversation)
    say(channel, "Where does my sister live?")
    assert answers() == ["You said: hello", "You said: Where does my sister live?"]
    assert "My sister lives in Chengdu" in str(model.prompts[-1])
    assert steps() == [("active", "human"), ("human", "active")]


def test_whom_nobody_has_answered_for_a_day_the_bot_answers_again(channel: Channel, model: StubModel) -> None:
    say(channel, "hello")
    conversation = Conversation.objects.get()
    handover.take_over(conversation)
    before = timezone.now() - STAYS
    StateTransition.objects.update(at=before)
    reply_in(conversation, "Eve here.")
    say(channel, "thank you")
    assert answers() == ["You said: hello"]
    Message.objects.filter(role="operator").update(occurred_at=before - timedelta(minutes=1))
    say(channel, "anybody there?")
    assert answers() == ["You said: hello", "You said: anybody there?"]
    assert Conversation.objects.get().state == State.ACTIVE


@pytest.mark.parametrize("taken_back", ["never mind, I don't need a human any more", "算了不用转人工了"])
def test_who_takes_back_the_request_for_a_human_gets_the_bot_again(
    channel: Channel, model: StubModel, taken_back: str
) -> None:
    seed_built_in()
    say(channel, "talk to a human")
    assert Conversation.objects.get().state == State.HUMAN
    say(channel, taken_back)
    assert Conversation.objects.get().state == State.ACTIVE
    said = len(answers())
    say(channel, "hello again")
    assert len(answers()) == said + 1
    assert steps() == [("active", "human"), ("human", "active")]


@pytest.mark.parametrize(
    "text", ["I don't need a human to tell me that", "my team needs a new coach", "我不要人工草坪的球场"]
)
def test_another_sentence_with_these_words_takes_nothing_back(channel: Channel, model: StubModel, text: str) -> None:
    seed_built_in()
    say(channel, "talk to a human")
    said = len(answers())
    say(channel, text)
    assert (Conversation.objects.get().state, len(answers())) == (State.HUMAN, said)


def test_what_a_person_of_the_team_took_over_or_answered_stays_with_them(channel: Channel, model: StubModel) -> None:
    seed_built_in()
    say(channel, "hello")
    conversation = Conversation.objects.get()
    assert handover.take_over(conversation)
    say(channel, "never mind, no need for a person")
    assert Conversation.objects.get().state == State.HUMAN
    assert handover.hand_back(conversation)
    say(channel, "talk to a human")
    reply_in(Conversation.objects.get(), "Eve here.")
    say(channel, "never mind, no need for a person")
    assert Conversation.objects.get().state == State.HUMAN


def test_who_begins_anew_gets_the_bot_again(channel: Channel, model: StubModel) -> None:
    say(channel, "hello")
    handover.take_over(Conversation.objects.get())
    say(channel, "/new")
    say(channel, "hello again")
    assert answers()[-1] == "You said: hello again"
    closed, opened = Conversation.objects.order_by("id")
    assert (closed.state, opened.state) == (State.CLOSED, State.ACTIVE)
    with pytest.raises(handover.ConversationClosed):
        handover.take_over(closed)


def test_the_persons_commands_work_while_a_human_answers(channel: Channel, model: StubModel) -> None:
    say(channel, "My sister lives in Chengdu")
    handover.take_over(Conversation.objects.get())
    say(channel, "/status")
    say(channel, "/forget")
    say(channel, "yes")
    assert len(answers()) == 4
    assert not MemoryEntry.objects.filter(text__contains="Chengdu").exists()
    assert Conversation.objects.get().state == State.ACTIVE


def test_who_takes_over_in_the_middle_of_a_turn_keeps_the_conversation(
    channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn would open a form; its state of the dialog does not overwrite the handover."""
    say(channel, "hello")
    respond = engine.respond

    def meanwhile(turn: Any) -> engine.Reply:
        reply = respond(turn)
        turn.move("ask_details", {"form": "skill"})
        assert handover.take_over(Conversation.objects.get())
        return reply

    monkeypatch.setattr("bots.pipeline.engine.respond", meanwhile)
    say(channel, "what is the weather?")
    conversation = Conversation.objects.get()
    assert (conversation.state, conversation.state_data) == (State.HUMAN, {})
    assert steps() == [("active", "human")]


def test_what_a_human_said_is_remembered_as_said_by_the_team_recalled_and_forgotten(
    channel: Channel, model: StubModel
) -> None:
    say(channel, "My parcel is lost")
    conversation = Conversation.objects.get()
    handover.take_over(conversation)
    said = "I refunded order 8841 to your card."
    reply_in(conversation, said)
    kept = MemoryEntry.objects.get(text=said)
    assert (kept.role, kept.kind, kept.person_id) == ("operator", "turn", conversation.person_id)
    assert kept.message_id == Message.objects.get(role="operator").pk
    handover.hand_back(conversation)
    say(channel, "/new")
    say(channel, "What happened to order 8841?")
    assert f"The team said: {said}" in str(model.prompts[-1])
    say(channel, "/memory 8841")
    assert f"the team: {said}" in answers()[-1]
    say(channel, "/forget 8841")
    say(channel, "yes")
    assert not MemoryEntry.objects.filter(text__contains="8841").exists()
    say(channel, "/forget")
    say(channel, "yes")
    assert not MemoryEntry.objects.exists()


def test_without_a_model_the_teams_words_are_quoted_as_theirs(channel: Channel) -> None:
    say(channel, "My parcel is lost")
    conversation = Conversation.objects.get()
    handover.take_over(conversation)
    reply_in(conversation, "I refunded order 8841 to your card.")
    handover.hand_back(conversation)
    say(channel, "What happened to my order 8841?")
    assert "our team said: I refunded order 8841 to your card." in answers()[-1]


def test_a_file_without_words_leaves_no_memory(channel: Channel, model: StubModel) -> None:
    say(channel, "hello")
    before = MemoryEntry.objects.count()
    reply_in(Conversation.objects.get(), "", files=[File(b"words", "a.txt")])
    assert MemoryEntry.objects.count() == before
