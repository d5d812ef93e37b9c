"""Turns that wait for a slow model leave one thread to everybody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from bots.models import Channel, InboundEvent, Message
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.queue.model_slots import Lease, ModelSlots, slots
from tests.builders import make_event
from tests.peers import BotApi, StubModel
from tests.waiting import eventually

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.usefixtures("words_only"),
]

State = InboundEvent.State
Work = Callable[[int], None]


class SlowModel:
    """Holds every call of the model until `go` is set, and counts the calls at once."""

    def __init__(self, model: StubModel) -> None:
        self.go = threading.Event()
        self.now = self.most = 0
        self._lock = threading.Lock()
        model.wait = self._wait

    def _wait(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.go.wait(60)
        with self._lock:
            self.now -= 1


@pytest.fixture
def slow(model: StubModel) -> Iterator[SlowModel]:
    held = SlowModel(model)
    yield held
    held.go.set()


@pytest.fixture
def start(slow: SlowModel) -> Iterator[Callable[[int], Work]]:
    """Starts a worker with so many threads; returns the function that wakes it for a row."""
    pools: list[ThreadPoolExecutor] = []

    def make(threads: int) -> Work:
        slots.set_threads(threads)
        pool = ThreadPoolExecutor(threads)
        pools.append(pool)
        return lambda row_id: pool.submit(_process, row_id) and None

    yield make
    slow.go.set()
    for pool in pools:
        pool.shutdown(wait=True)


def _process(row_id: int) -> None:
    try:
        MessageDispatcher().process(row_id)
    finally:
        connections.close_all()


def _accept(channel: Channel, text: str, chat: str) -> int:
    (row_id,) = inbox.accept(channel, [make_event(text, chat=chat)]).accepted
    return row_id


def _parked() -> int:
    return InboundEvent.objects.filter(state=State.PENDING, due_at__gt=timezone.now()).count()


@pytest.mark.parametrize("threads", [2, 4])
def test_commands_of_others_are_answered_while_every_slot_waits_for_the_model(
    threads: int, channel: Channel, api: BotApi, slow: SlowModel, start: Callable[[int], Work]
) -> None:
    wake = start(threads)
    for number in range(2 * threads):
        wake(_accept(channel, f"question {number}", f"visitor-{number}"))
    eventually(lambda: slow.now == threads - 1)
    for text in ("/status", "/stop", "/memory"):
        wake(_accept(channel, text, "somebody"))
    eventually(lambda: len(api.texts("somebody")) == 3)
    assert slow.most == threads - 1
    assert not [one for one in api.sent if one.text.startswith("You said")]
    slow.go.set()
    eventually(lambda: len(api.sent) == 3 + 2 * threads)
    assert slow.most == threads - 1
    assert {row.attempts for row in InboundEvent.objects.all()} == {1}
    assert Message.objects.filter(role="assistant").count() == 3 + 2 * threads


def test_a_freed_slot_goes_to_the_row_that_waits_longest(
    channel: Channel, model: StubModel, slow: SlowModel, start: Callable[[int], Work]
) -> None:
    wake = start(2)
    wake(_accept(channel, "first", "a"))
    eventually(lambda: slow.now == 1)
    for name in ("second", "third", "fourth"):
        wake(_accept(channel, name, name))
    eventually(lambda: _parked() == 3)
    slow.go.set()
    eventually(lambda: InboundEvent.objects.filter(state=State.DONE).count() == 4)
    assert [prompt[-1]["content"] for prompt in model.prompts] == ["first", "second", "third", "fourth"]


def test_a_parked_chat_keeps_its_order(
    channel: Channel, api: BotApi, slow: SlowModel, start: Callable[[int], Work]
) -> None:
    wake = start(2)
    wake(_accept(channel, "long", "other"))
    eventually(lambda: slow.now == 1)
    for text in ("one", "/status", "two"):
        wake(_accept(channel, text, "chat"))
    eventually(lambda: _parked() == 1)
    assert api.texts("chat") == []
    slow.go.set()
    eventually(lambda: len(api.texts("chat")) == 3)
    first, status, second = api.texts("chat")
    assert (first, second) == ("You said: one", "You said: two")
    assert "Robin" in status


def test_stop_ends_a_turn_that_waits_for_a_slot(
    channel: Channel, api: BotApi, slow: SlowModel, start: Callable[[int], Work]
) -> None:
    wake = start(2)
    wake(_accept(channel, "long", "other"))
    eventually(lambda: slow.now == 1)
    waiting = _accept(channel, "one", "chat")
    wake(waiting)
    eventually(lambda: _parked() == 1)
    _accept(channel, "/stop", "chat")
    wake(waiting)
    eventually(lambda: not InboundEvent.objects.filter(queue_key__contains=":chat:").open().exists())
    assert api.texts("chat") == ["Stopped."]
    assert slow.now == 1


def test_one_thread_alone_answers_too(
    channel: Channel, api: BotApi, slow: SlowModel, start: Callable[[int], Work]
) -> None:
    slow.go.set()
    wake = start(1)
    for number in range(3):
        wake(_accept(channel, f"question {number}", f"visitor-{number}"))
    eventually(lambda: len(api.sent) == 3)


def test_a_row_whose_process_was_killed_while_it_waited_is_due_again(channel: Channel, model: StubModel) -> None:
    slots.set_threads(2)
    assert slots.take()
    row_id = _accept(channel, "hello", "chat")
    assert MessageDispatcher().process(row_id) == 0
    row = InboundEvent.objects.get(pk=row_id)
    assert (row.state, row.attempts, row.owner, row.claimed_at) == (State.PENDING, 0, "", None)
    assert 0 < (row.due_at - timezone.now()).total_seconds() < 60
    slots.clear_cache()  # as a new process
    inbox.make_due([row_id])
    assert inbox.due() == [(row_id, "telegram")]
    assert MessageDispatcher().process(row_id) == 1


def test_a_slot_is_freed_when_the_thread_fails(channel: Channel, model: StubModel, monkeypatch: Any) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr("bots.pipeline.dispatch.closing.close", killed)
    slots.set_threads(2)
    with pytest.raises(Killed):
        MessageDispatcher().process(_accept(channel, "hello", "chat"))
    assert slots.room == 1


def test_a_row_that_asks_just_after_a_slot_was_freed_gets_it() -> None:
    lease, other = Lease(), Lease()
    slots.set_threads(2)
    assert lease.take()
    assert not other.take()
    assert lease.next_row() is None  # nobody waits yet
    other.wait(7)
    assert (other.held, other.next_row()) == (True, 7)
    assert other.next_row() is None
    assert slots.room == 1


def test_rows_wait_in_the_order_of_their_arrival_and_once() -> None:
    held = ModelSlots()
    held.set_threads(2)
    assert held.take()
    for row_id in (9, 3, 5, 3):
        assert not held.take_or_wait(row_id)
    assert [held.pass_on() for _ in range(4)] == [3, 5, 9, None]
