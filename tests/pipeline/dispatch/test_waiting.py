"""While no configured model answers, turns wait without a worker; then the person gets the outage sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from bots.llm.circuit_breaker import breaker
from bots.models import Bot, Channel, InboundEvent, Message, ModelProvider, OutboundMessage
from bots.pipeline import inbox, outbox
from bots.pipeline.dispatch import waiting
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from memory.models import MemoryEntry
from tests.builders import answers, make_event, say
from tests.http_server import Answer, Recorded, Server, serve
from tests.killing import kill_before_statement, recover
from tests.peers import BotApi, completion
from tests.pipeline.dispatch.failing_model import FAULTS, FailingModel, State, again, at_the_end
from tests.threads import on_another_connection

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.usefixtures("words_only"),
]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_turn_waits_and_is_answered_when_the_model_is_back(
    fault: Answer, channel: Channel, api: BotApi, down: FailingModel
) -> None:
    down.fault = fault
    row = say(channel, "Good morning, tell me a joke")
    assert (row.state, row.attempts, row.owner, row.error_code) == (State.PENDING, 0, "", "no_model_answered")
    assert row.waiting_since is not None
    assert row.due_at > timezone.now()
    assert api.sent == []
    down.fault = None
    assert again(row).state == State.DONE
    assert [one.text for one in api.sent] == ["Good day!"]
    assert row.error == ""
    assert [entry.text for entry in MemoryEntry.objects.order_by("id")] == ["Good morning, tell me a joke", "Good day!"]


def test_an_endpoint_that_refuses_connections_is_an_outage_too(channel: Channel, api: BotApi) -> None:
    ModelProvider.objects.create(name="main", endpoint="http://127.0.0.1:9/v1", model="m")
    row = say(channel, "hello")
    assert (row.state, row.error_code) == (State.PENDING, "no_model_answered")
    assert api.sent == []


def test_an_endpoint_that_never_answers_is_an_outage_too(channel: Channel, api: BotApi, server: Server) -> None:
    server.answer(
        Answer(200, b"", {"Content-Type": "application/json"}, (b"\n",) * 40, lambda: threading.Event().wait(0.1))
    )
    ModelProvider.objects.create(name="main", endpoint=f"{server.url}/v1", model="m", timeout_s=1.0)
    assert say(channel, "hello").state == State.PENDING
    assert api.sent == []


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("Please tell me something nice about tea.", "I cannot reach my language model"),
        ("请说说茶的好处", "我暂时无法连接语言模型"),
    ],
)
def test_after_the_wait_the_person_gets_the_outage_sentence_once(
    text: str, beginning: str, channel: Channel, api: BotApi, down: FailingModel
) -> None:
    row = at_the_end(say(channel, text))
    assert (row.state, row.error_code) == (State.DEAD, "no_model_answered")
    (sent,) = api.sent
    assert sent.text.startswith(beginning)
    assert "manage.py" not in sent.text
    asked, answered = Message.objects.order_by("id")
    assert asked.meta == {"unanswered": True}
    assert answered.meta["failed"] is True
    assert answered.meta["outage"] is True
    assert [entry.text for entry in MemoryEntry.objects.all()] == [text]
    assert MessageDispatcher().process(row.pk) == 0
    assert len(api.sent) == 1


def test_a_bot_has_an_outage_sentence_of_its_own_in_each_language(
    channel: Channel, api: BotApi, down: FailingModel
) -> None:
    Bot.objects.update(outage_text="Back soon.", outage_text_zh="马上回来。")
    channel.refresh_from_db()
    at_the_end(say(channel, "Tell me a joke", chat="en"))
    at_the_end(say(channel, "讲个笑话", chat="zh"))
    assert (api.texts("en"), api.texts("zh")) == (["Back soon."], ["马上回来。"])


def test_without_a_wait_the_sentence_comes_at_once_and_the_log_tells_it(
    channel: Channel,
    api: BotApi,
    down: FailingModel,
    configured: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    configured("worker", outage_wait_seconds=0)
    row = say(channel, "My secret is blue")
    assert row.state == State.DEAD
    assert len(api.sent) == 1
    (alarm,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert alarm == f"inbound {row.pk} got the outage sentence: no model answered"


def test_the_wait_begins_with_the_first_try(
    channel: Channel, api: BotApi, server: Server, configured: Callable[..., None]
) -> None:
    """An endpoint that lets the person wait longer than the operator wants is not tried a second time."""
    configured("worker", outage_wait_seconds=1)
    server.answer(
        Answer(200, b"", {"Content-Type": "application/json"}, (b"\n",) * 40, lambda: threading.Event().wait(0.1))
    )
    ModelProvider.objects.create(name="main", endpoint=f"{server.url}/v1", model="m", timeout_s=1.5)
    assert say(channel, "hello").state == State.DEAD
    assert len(api.sent) == 1


def test_empty_answers_are_not_waited_for(channel: Channel, api: BotApi, down: FailingModel) -> None:
    down.fault = completion("")
    row = say(channel, "hello")
    assert (row.state, row.error_code) == (State.DEAD, "answer_empty")
    assert api.sent[0].text.startswith("I cannot reach")


def test_commands_go_on_and_other_chats_are_not_held(channel: Channel, api: BotApi, down: FailingModel) -> None:
    say(channel, "Tell me a joke", chat="a")
    say(channel, "/status", chat="b")
    assert len(api.texts("b")) == 1
    assert api.texts("a") == []


def test_while_circuits_are_open_a_turn_waits_without_a_call(channel: Channel, down: FailingModel) -> None:
    for number in range(4):
        say(channel, "hello", chat=f"chat-{number}")
    calls = down.calls
    rows = [say(channel, "hello", chat=f"late-{number}") for number in range(5)]
    assert down.calls == calls
    assert {row.state for row in rows} == {State.PENDING}


def test_later_messages_keep_their_order_behind_the_one_that_waits(
    channel: Channel, api: BotApi, down: FailingModel
) -> None:
    first = say(channel, "one")
    second = say(channel, "/status")
    assert (second.state, api.sent) == (State.PENDING, [])
    down.fault = None
    again(first)
    answer, status = api.sent
    assert answer.text == "Good day!"
    assert "Robin" in status.text


STOPS = ("/stop", "/停止")


@pytest.mark.parametrize("command", [*STOPS, "/new", "/新对话", "/reset", "/forget"])
def test_the_person_can_end_the_wait(command: str, channel: Channel, api: BotApi, down: FailingModel) -> None:
    row = say(channel, "I live in Oslo. Tell me a joke")
    behind = say(channel, "And another one")
    (command_id,) = inbox.accept(channel, [make_event(command)]).accepted
    assert inbox.due() == [(row.pk, "telegram")]
    MessageDispatcher().process(row.pk)
    states = InboundEvent.objects.filter(pk__in=(row.pk, behind.pk, command_id)).values_list("state", flat=True)
    assert set(states) == {State.DONE}
    assert [one.text for one in api.sent].count("Stopped.") == 1
    assert len(api.sent) == (1 if command in STOPS else 2)
    assert MemoryEntry.objects.filter(text__startswith="I live in Oslo").exists()


@pytest.mark.parametrize("command", ["/stop", "/new", "/重置"])
def test_a_command_that_comes_while_the_turn_is_tried_ends_the_wait(
    command: str, channel: Channel, api: BotApi
) -> None:
    def stopped(_request: Recorded) -> Answer:
        on_another_connection(lambda: accept_once(command))
        return FAULTS["status 500"]

    def accept_once(text: str) -> None:
        if not InboundEvent.objects.filter(payload__text=text).exists():
            inbox.accept(channel, [make_event(text)])

    with serve(stopped) as server:
        ModelProvider.objects.create(name="main", endpoint=f"{server.url}/v1", model="m")
        row = say(channel, "hello")
    assert row.state == State.DONE or inbox.due() == [(row.pk, "telegram")]
    MessageDispatcher().process(row.pk)
    assert len(api.sent) == (1 if command in STOPS else 2)
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {State.DONE}


def test_an_answer_to_one_wakes_some_of_those_who_wait(channel: Channel, api: BotApi, down: FailingModel) -> None:
    rows = [say(channel, "hello", chat=f"chat-{number}") for number in range(20)]
    down.fault = None
    breaker.clear_cache()
    say(channel, "hello", chat="newcomer")
    due = [row_id for row_id, _platform in inbox.due()]
    assert due == [row.pk for row in rows[: len(due)]]
    assert 1 <= len(due) <= 10
    for _ in range(20):
        for row_id, _platform in inbox.due():
            MessageDispatcher().process(row_id)
    assert len(api.sent) == 21
    assert {row.state for row in InboundEvent.objects.all()} == {State.DONE}
    assert len(waiting.outage) == 0


def test_a_person_who_waits_is_told_so_once(channel: Channel, api: BotApi, down: FailingModel) -> None:
    row = say(channel, "Tell me a joke")
    InboundEvent.objects.filter(pk=row.pk).update(received_at=timezone.now() - timedelta(seconds=30))
    for _ in range(3):
        again(row)
    (notice,) = answers()
    assert notice.startswith("This takes longer than usual")
    outbox.deliver(OutboundMessage.objects.get().pk)
    down.fault = None
    again(row)
    assert [one.text for one in api.sent] == [notice, "Good day!"]
    say(channel, "thanks")
    assert "longer than usual" not in str(down.prompts[-1])


def test_a_turn_that_waits_survives_a_kill_before_each_statement(
    channel: Channel, api: BotApi, down: FailingModel
) -> None:
    number = 0
    while True:
        number += 1
        InboundEvent.objects.all().delete()
        breaker.clear_cache()
        down.fault = FAULTS["status 500"]
        (row_id,) = inbox.accept(channel, [make_event(f"hello {number}")]).accepted
        killed = kill_before_statement(number, lambda row=row_id: MessageDispatcher().process(row))  # type: ignore[misc]
        down.fault = None
        breaker.clear_cache()
        inbox.make_due([row_id])
        recover()
        inbox.make_due([row_id])
        recover()
        row = InboundEvent.objects.get(pk=row_id)
        assert row.state == State.DONE, number
        assert Message.objects.filter(inbound=row, role="assistant", text="Good day!").count() == 1, number
        if not killed:
            break
    assert number > 10
    assert len(api.sent) == number


def test_the_clock_that_is_set_back_makes_the_wait_no_longer(channel: Channel, down: FailingModel) -> None:
    row = say(channel, "hello")
    InboundEvent.objects.filter(pk=row.pk).update(waiting_since=timezone.now() + timedelta(hours=1))
    again(row)
    assert row.waiting_since is not None
    assert row.waiting_since <= timezone.now()
