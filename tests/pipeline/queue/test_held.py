"""A claim whose release failed with the database is released by the next heartbeat of the same, living process."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from bots.models import Channel, InboundEvent, OutboundMessage
from bots.operations import queues
from bots.pipeline import inbox, outbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.queue import held
from bots.pipeline.queue.model_slots import Lease, slots
from tests.builders import make_conversation, make_event, make_outbound
from tests.peers import BotApi, StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]


def work_while_the_database_goes_away(number: int, work: Any) -> bool:
    """Runs `work`; from its statement `number` on every statement fails. Returns whether the database went away."""
    statements = itertools.count(1)
    gone = []

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if next(statements) >= number:
            gone.append(sql)
            raise OperationalError("the connection is lost")
        return execute(sql, params, many, context)

    with connections[DEFAULT_DB_ALIAS].execute_wrapper(fail):
        try:
            work()
        except OperationalError:
            pass
    connections[DEFAULT_DB_ALIAS].close()
    return bool(gone)


def test_whenever_the_database_goes_away_the_turn_is_answered_once(
    channel: Channel, api: BotApi, model: StubModel
) -> None:
    for number in itertools.count(1):
        chat = str(700 + number)
        (row_id,) = inbox.accept(channel, [make_event("hello", chat=chat)]).accepted
        went_away = work_while_the_database_goes_away(number, lambda row_id=row_id: MessageDispatcher().process(row_id))
        queues.release_abandoned()
        for pending in inbox.due():
            MessageDispatcher().process(pending[0])
        for pending in outbox.due():
            outbox.deliver(pending[0])
        assert not InboundEvent.objects.exclude(state=InboundEvent.State.DONE).exists(), f"away from {number} on"
        assert not OutboundMessage.objects.exclude(state=OutboundMessage.State.SENT).exists(), f"away from {number} on"
        assert api.texts(chat) == ["You said: hello"], f"away from {number} on"
        if not went_away:
            break
    assert number > 5


def test_what_a_thread_works_on_stays_claimed(channel: Channel, model: StubModel) -> None:
    begun, go_on = threading.Event(), threading.Event()
    model.wait = lambda: (begun.set(), go_on.wait(60))
    (row_id,) = inbox.accept(channel, [make_event("hello", chat="7")]).accepted

    def turn() -> int:
        try:
            return MessageDispatcher().process(row_id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(turn)
        assert begun.wait(60)
        assert queues.release_abandoned() == 0
        assert InboundEvent.objects.get(pk=row_id).state == InboundEvent.State.PROCESSING
        go_on.set()
        assert running.result(60) == 1


def test_claims_of_another_process_are_left_alone(channel: Channel) -> None:
    (row_id,) = inbox.accept(channel, [make_event(chat="7")]).accepted
    answer = make_outbound(channel, make_conversation(channel))
    InboundEvent.objects.filter(pk=row_id).update(state="processing", owner="another", attempts=1)
    OutboundMessage.objects.filter(pk=answer.pk).update(state="sending", owner="another", attempts=1)
    assert queues.release_abandoned() == 0


def test_a_parked_row_is_held_by_nobody(channel: Channel, model: StubModel) -> None:
    """The thread that parked it goes on with other rows; whoever claims it next may be hit by an outage."""
    (row_id,) = inbox.accept(channel, [make_event("Tell me about tea.", chat="7")]).accepted
    slots.set_threads(2)
    assert slots.take()
    with held.working():
        assert MessageDispatcher().process(row_id) == 0
        assert InboundEvent.objects.get(pk=row_id).state == InboundEvent.State.PENDING
        assert not held.is_held(InboundEvent, row_id)


def test_a_parked_row_is_held_by_the_thread_that_takes_it(channel: Channel, model: StubModel) -> None:
    begun, go_on = threading.Event(), threading.Event()
    model.wait = lambda: (begun.set(), go_on.wait(60))
    (row_id,) = inbox.accept(channel, [make_event("Tell me about tea.", chat="7")]).accepted
    slots.set_threads(2)
    lease = Lease()
    assert lease.take()
    assert MessageDispatcher().process(row_id) == 0
    assert lease.next_row() == row_id  # the slot that this thread frees is for the parked row

    def turn() -> int:
        try:
            return MessageDispatcher().process_parked(row_id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(turn)
        assert begun.wait(60)
        assert queues.release_abandoned() == 0
        assert InboundEvent.objects.get(pk=row_id).state == InboundEvent.State.PROCESSING
        go_on.set()
        assert running.result(60) == 1
    assert not held.is_held(InboundEvent, row_id)
