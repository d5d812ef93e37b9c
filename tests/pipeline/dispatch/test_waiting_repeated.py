"""What no model answered is answered later: by another try, by the team, after an erasure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bots.llm import candidates
from bots.llm.circuit_breaker import breaker
from bots.models import Channel, InboundEvent, Message, ModelProvider, Person
from bots.operations import messages as operations
from bots.operations import queues
from bots.people import audit_log, erasure
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from memory.models import MemoryEntry
from tests.builders import answers, say
from tests.http_server import serve
from tests.peers import BotApi, completion
from tests.pipeline.dispatch.failing_model import FAULTS, FailingModel, State, again, at_the_end

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.usefixtures("words_only"),
]


def test_what_the_bot_said_in_the_outage_reaches_no_prompt(channel: Channel, down: FailingModel) -> None:
    at_the_end(say(channel, "What is the capital of Norway?"))
    down.fault = None
    say(channel, "Are you back?")
    prompt = str(down.prompts[-1])
    assert "capital of Norway" in prompt
    assert "cannot reach" not in prompt


@pytest.mark.parametrize("words", ["retry", "/retry", "Please try again", "重试", "/重试", "再试一次", "請再試一次吧"])
def test_the_person_can_ask_for_another_try(words: str, channel: Channel, api: BotApi, down: FailingModel) -> None:
    first, second = (at_the_end(say(channel, text)) for text in ("What is the capital of Norway?", "And of Peru?"))
    down.fault = None
    breaker.clear_cache()
    say(channel, words)
    assert api.sent[-1].text == "Good day!"
    asked = down.prompts[-1][-1]["content"]
    assert "capital of Norway" in asked
    assert "And of Peru?" in asked
    assert str(down.prompts[-1]).count("capital of Norway") == 1 + str(down.prompts[-1][0]).count("capital of Norway")
    for row in (first, second):
        row.refresh_from_db()
        assert (row.state, row.error) == (State.DONE, "")
    assert not Message.objects.filter(meta__unanswered=True).exists()
    said = list(MemoryEntry.objects.filter(role="user").order_by("id").values_list("text", flat=True))
    assert said == ["What is the capital of Norway?", "And of Peru?"]
    say(channel, "/retry")
    assert api.sent[-1].text in ("I have answered all your messages.", "你的消息我都已经回答了。")


def test_another_try_that_fails_leaves_one_open_item(channel: Channel, api: BotApi, down: FailingModel) -> None:
    row = at_the_end(say(channel, "What is the capital of Norway?"))
    at_the_end(say(channel, "retry"))
    assert [one.pk for one in InboundEvent.objects.filter(state=State.DEAD)] == [row.pk]
    down.fault = None
    breaker.clear_cache()
    say(channel, "retry")
    assert api.sent[-1].text == "Good day!"
    assert not InboundEvent.objects.filter(state=State.DEAD).exists()


def test_retry_in_an_ordinary_talk_is_said_to_the_model(channel: Channel, down: FailingModel) -> None:
    down.fault = None
    say(channel, "hello")
    say(channel, "try again")
    assert down.prompts[-1][-1]["content"] == "try again"


def test_in_a_group_everybody_repeats_their_own_message(channel: Channel, api: BotApi, down: FailingModel) -> None:
    channel.group_policy = "all"
    channel.save()
    group = {"chat": "-5", "chat_type": "group"}
    at_the_end(say(channel, "Where is Oslo?", user="ann", **group))
    at_the_end(say(channel, "Where is Lima?", user="bob", **group))
    down.fault = None
    breaker.clear_cache()
    say(channel, "/retry", user="bob", **group)
    assert down.prompts[-1][-1]["content"].endswith("Where is Lima?")
    (still_open,) = InboundEvent.objects.filter(state=State.DEAD)
    assert still_open.payload["text"] == "Where is Oslo?"


def test_an_answer_of_the_team_closes_the_open_item(channel: Channel, down: FailingModel) -> None:
    row = at_the_end(say(channel, "What is the capital of Norway?"))
    assert row.conversation is not None
    operations.reply_in(row.conversation, "Oslo, says the team.")
    row.refresh_from_db()
    assert row.state == State.DONE
    assert not Message.objects.filter(meta__unanswered=True).exists()


def test_a_replay_closes_the_dead_letter_it_repeats(channel: Channel, api: BotApi, down: FailingModel) -> None:
    row = at_the_end(say(channel, "What is the capital of Norway?"))
    down.fault = None
    breaker.clear_cache()
    assert queues.replay_inbound([row.pk]) == 1
    assert not InboundEvent.objects.filter(state=State.DEAD).exists()
    for row_id, _platform in inbox.due():
        MessageDispatcher().process(row_id)
    assert api.sent[-1].text == "Good day!"


@pytest.mark.parametrize("ids", [None, "one"])
def test_an_erasure_works_while_the_turn_waits_and_nothing_of_it_comes_back(
    ids: str | None, channel: Channel, api: BotApi, down: FailingModel
) -> None:
    down.fault = None
    say(channel, "I live in Oslo")
    down.fault = FAULTS["status 500"]
    row = say(channel, "My secret is blue")
    entry = MemoryEntry.objects.filter(role="user").get()
    erasure.erase_memories(Person.objects.get(), audit_log.HIMSELF, None if ids is None else [entry.pk])
    assert not MemoryEntry.objects.filter(text__contains="Oslo").exists()
    down.fault = None
    again(row)
    if ids is None:
        assert row.state == State.IGNORED
        assert "secret" not in str(row.payload)
        assert len(api.sent) == 1
        assert not MemoryEntry.objects.exists()
    else:
        assert row.state == State.DONE
        assert "Oslo" not in str(down.prompts[-1])


def test_a_turn_that_fails_for_good_is_remembered_and_can_be_tried_again(
    channel: Channel, api: BotApi, down: FailingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    down.fault = None

    def broken(*_: object) -> None:
        raise RuntimeError("defect")

    with monkeypatch.context() as patched:
        patched.setattr("bots.pipeline.engine.respond", broken)
        row = say(channel, "I live in Oslo. Where is that?")
        for _ in range(inbox.MAX_ATTEMPTS):
            again(row)
    assert row.state == State.DEAD
    assert MemoryEntry.objects.get().text == "I live in Oslo. Where is that?"
    say(channel, "retry")
    assert answers()[-1] == "Good day!"
    row.refresh_from_db()
    assert row.state == State.DONE


def test_the_small_model_does_not_stand_in_for_a_real_one(
    channel: Channel, api: BotApi, down: FailingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as small:
        small.answer(completion("I am small."))
        row = ModelProvider(name="embedded", endpoint=f"{small.url}/v1", model="small")
        target = replace(candidates.of_row(row), key=None, is_demo=True)
        monkeypatch.setattr("bots.llm.embedded_discovery.target", lambda: target)
        assert say(channel, "Where is Oslo?").state == State.PENDING
        assert small.requests == []
