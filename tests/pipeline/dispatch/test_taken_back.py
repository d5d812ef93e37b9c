"""A message that its author deletes before its turn gets no answer."""

from __future__ import annotations

import pytest

from adapters.events import Event, EventKind
from bots.models import Bot, Channel, InboundEvent, Message
from bots.pipeline import windows
from tests.builders import answers, make_event
from tests.peers import StubModel
from tests.pipeline.dispatch.test_bursts import accept, questions, use
from tests.pipeline.dispatch.waiting_rows import wait, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]


def message(text: str, name: str) -> Event:
    return make_event(text, message_id=name)


def deletion(name: str) -> Event:
    return make_event("", kind=EventKind.DELETE, message_id=name, target_message_id=name)


def test_a_deleted_message_that_waits_is_not_answered(channel: Channel, model: StubModel) -> None:
    accept(channel, message("my card is 4111", "m-a"), message("hello", "m-b"), deletion("m-a"))
    work()
    assert questions() == ["hello"]
    assert answers() == ["You said: hello"]
    assert "4111" not in str(list(InboundEvent.objects.values_list("payload", flat=True)))
    assert not InboundEvent.objects.open().exists()


def test_a_part_of_a_burst_that_is_deleted_is_left_out(channel: Channel, model: StubModel) -> None:
    use(channel, Bot.Bursts.COLLECT, burst_quiet_s=10, burst_longest_s=40)
    accept(channel, message("one", "m-a"), message("two", "m-b"), message("three", "m-c"), deletion("m-b"))
    wait(11)
    work()
    assert questions() == ["one\nthree"]


def test_the_first_of_a_burst_that_is_deleted_holds_up_nobody(channel: Channel, model: StubModel) -> None:
    use(channel, Bot.Bursts.COLLECT, burst_quiet_s=10, burst_longest_s=40)
    accept(channel, message("one", "m-a"), message("two", "m-b"), deletion("m-a"))
    wait(11)
    work()
    work()
    assert questions() == ["two"]


def test_a_part_of_a_turn_that_waits_for_its_next_try_is_left_out(channel: Channel, model: StubModel) -> None:
    first, _second = accept(channel, message("one", "m-a"), message("two", "m-b"))
    InboundEvent.objects.exclude(pk=first).delete()
    row = InboundEvent.objects.get(pk=first)
    parts = [{"id": name, "text": text, "files": 0, "forwards": 0} for name, text in (("m-a", "one"), ("m-b", "two"))]
    InboundEvent.objects.filter(pk=first).update(payload=row.payload | {windows.PARTS: parts, "text": "one\ntwo"})
    accept(channel, deletion("m-a"))
    work()
    work()
    assert questions() == ["two"]


def test_a_deletion_of_something_else_takes_nothing_back(channel: Channel, model: StubModel) -> None:
    accept(channel, message("hello", "m-a"), deletion("m-x"))
    work()
    assert answers() == ["You said: hello"]


def test_a_message_that_was_answered_is_deleted_as_before(channel: Channel, model: StubModel) -> None:
    accept(channel, message("hello", "m-a"))
    work()
    accept(channel, deletion("m-a"))
    work()
    assert not Message.objects.filter(role="user").exists()
    assert InboundEvent.objects.first().state == InboundEvent.State.DONE  # type: ignore[union-attr]
