"""A message costs one claim: a chat's wake-ups go to one thread, and those of closed rows cost nothing."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from celery import current_app

from bots.models import Channel, InboundEvent, sql
from bots.pipeline import inbox
from bots.pipeline.queue import chats, wakeups
from bots.runtime.turn_pool import TurnPool
from clawdbot import computing
from tests.builders import make_event
from tests.peers import StubModel
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

DONE = InboundEvent.State.DONE


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Row ids of the claims that are tried."""
    tried: list[int] = []
    real = sql.claim

    def claim(model: Any, row_id: int, *rest: Any) -> Any:
        tried.append(row_id)
        return real(model, row_id, *rest)

    monkeypatch.setattr(sql, "claim", claim)
    return tried


def accept(channel: Channel, chat: str, count: int) -> list[InboundEvent]:
    events = [make_event(f"message {number}", chat=chat, user=chat) for number in range(count)]
    return list(InboundEvent.objects.filter(pk__in=inbox.accept(channel, events).accepted).order_by("pk"))


def wake(pool: TurnPool, rows: list[InboundEvent]) -> None:
    current_app.loader.import_default_modules()
    for row in rows:
        pool.wake(wakeups.PROCESS, row.pk, 0.0, chats.sign(row.queue_key))


@pytest.mark.parametrize("threads", [1, 4])
def test_each_message_is_claimed_once(threads: int, channel: Channel, model: StubModel, claims: list[int]) -> None:
    rows = [row for chat in ("1", "2", "3") for row in accept(channel, chat, 6)]
    pool = TurnPool(threads)
    wake(pool, rows)
    eventually(lambda: InboundEvent.objects.filter(state=DONE).count() == len(rows))
    pool._pool.shutdown()
    assert sorted(claims) == [row.pk for row in rows]


def test_a_wake_up_that_comes_while_a_turn_runs_is_not_lost(
    channel: Channel, model: StubModel, claims: list[int]
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        go_on.wait(60)

    model.wait = wait
    pool = TurnPool(4)
    first = accept(channel, "1", 1)
    wake(pool, first)
    assert begun.wait(60)
    second = accept(channel, "1", 2)
    wake(pool, second)
    assert claims == [first[0].pk], "nobody tries to claim what is behind a running turn"
    go_on.set()
    eventually(lambda: InboundEvent.objects.filter(state=DONE).count() == 3)
    pool._pool.shutdown()
    assert claims == [row.pk for row in (*first, *second)]


def test_a_turn_that_fails_is_taken_again_by_its_next_wake_up(
    channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = accept(channel, "1", 1)
    pool = TurnPool(2)
    with monkeypatch.context() as broken:
        broken.setattr("bots.pipeline.dispatch.presenting.respond", lambda *_: 1 / 0)
        wake(pool, [row])
        eventually(lambda: InboundEvent.objects.filter(attempts=1, state="pending").exists())
    InboundEvent.objects.update(due_at=row.received_at)
    wake(pool, [row, row, row])
    eventually(lambda: InboundEvent.objects.filter(state=DONE).exists())
    pool._pool.shutdown()
    assert chats.is_closed(row.pk)


def test_all_turns_may_wait_for_the_model_at_once(
    channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "LONGEST_WAIT_S", 60.0)
    together = threading.Barrier(6)
    model.wait = lambda: together.wait(60)
    rows = [row for chat in range(6) for row in accept(channel, str(chat), 1)]
    pool = TurnPool(6)
    wake(pool, rows)
    eventually(lambda: InboundEvent.objects.filter(state=DONE).count() == 6)
    pool._pool.shutdown()
    assert not together.broken
