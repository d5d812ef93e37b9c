"""Bursts of the kinds that users of similar bots reported: edits, many forwards."""

from __future__ import annotations

import time

import pytest

from adapters.events import EventKind, Passage
from bots.models import Channel
from bots.pipeline import windows
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.builders import answers, make_event
from tests.peers import BotApi, StubModel
from tests.pipeline.dispatch.bursts import accept, in_a_thread, questions
from tests.pipeline.dispatch.waiting_rows import wait, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]


def test_the_edit_of_a_single_message_that_waits_is_answered_as_edited(collecting: Channel, model: StubModel) -> None:
    accept(collecting, make_event("meet at five", message_id="m-a"))
    accept(collecting, make_event("meet at six", kind=EventKind.EDIT, message_id="m-a", target_message_id="m-a"))
    wait(11)
    work()
    work()
    assert questions() == ["meet at six"]
    assert answers() == ["You said: meet at six"]


def test_many_messages_that_are_forwarded_at_once_wait_for_what_is_asked_about_them(
    collecting: Channel, model: StubModel
) -> None:
    told = [
        make_event(f"line {n}", forwarded=True, forwards=(Passage(f"line {n}", author="Eve"),))
        for n in range(windows.MOST + 4)
    ]
    accept(collecting, *told, "summarize these")
    wait(11)
    work()
    (asked,) = questions()
    assert "summarize these" in asked
    assert all(f"line {n}\n" in str(model.prompts[-1][-1]["content"]) for n in range(windows.MOST + 4))


def test_the_edit_of_a_message_that_is_answered_interrupts_the_answer(
    interrupting: Channel, model: StubModel, api: BotApi
) -> None:
    model.delay_s = 20.0
    (first,) = accept(interrupting, make_event("tell me about cats", message_id="m-a"))
    running = in_a_thread(lambda: MessageDispatcher().process(first))
    deadline = time.monotonic() + 10
    while not model.prompts and time.monotonic() < deadline:
        time.sleep(0.02)
    model.delay_s = 0.0
    edit = make_event("tell me about dogs", kind=EventKind.EDIT, message_id="m-a", target_message_id="m-a")
    accept(interrupting, edit)
    running.join(timeout=15)
    assert not running.is_alive()
    work()
    assert questions() == ["tell me about dogs"]
    assert [item.text for item in api.sent] == ["You said: tell me about dogs"]
