"""A killed node's sends are settled by another node, which does not see its home: by the steps that are in Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from bots.models import OutboundMessage
from bots.pipeline.outbox import deliver, journal, queue, shared_journal
from bots.pipeline.queue import workers
from tests import outages
from tests.builders import make_conversation, make_outbound
from tests.peers import BotApi

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

State = OutboundMessage.State


@pytest.fixture(scope="module")
def redis() -> Iterator[outages.Redis]:
    with outages.redis() as server:
        yield server


@pytest.fixture(autouse=True)
def shared(redis: outages.Redis, settings: Any) -> None:
    redis.flush()
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"redis_url": redis.url})


@pytest.fixture
def api() -> BotApi:
    return BotApi()


def claimed(channel: Any) -> OutboundMessage:
    row = queue.claim(make_outbound(channel, make_conversation(channel, "chat")).pk)
    assert row is not None
    return row


def settle_elsewhere() -> None:
    """Settles the claims of this process as a node that does not have its folder."""
    (journal._folder() / workers.current()).unlink(missing_ok=True)
    time.sleep(0.01)
    queue.free_dead_claims(set(), timezone.now())


def state_of(row: OutboundMessage) -> str:
    row.refresh_from_db()
    return row.state


@pytest.mark.parametrize(
    ("step", "state"), [("b", State.PENDING), ("f", State.PENDING), ("w", State.UNCONFIRMED), ("", State.UNCONFIRMED)]
)
def test_another_node_repeats_what_had_not_left(channel: Any, step: str, state: str) -> None:
    row = claimed(channel)
    if step:
        journal.current().note(row.pk, row.attempts, step)
    settle_elsewhere()
    assert state_of(row) == state


def test_a_step_of_an_earlier_attempt_says_nothing(channel: Any) -> None:
    row = claimed(channel)
    journal.current().note(row.pk, row.attempts - 1, "b")
    settle_elsewhere()
    assert state_of(row) == State.UNCONFIRMED


def test_a_redis_that_was_emptied_says_nothing(channel: Any, redis: outages.Redis) -> None:
    row = claimed(channel)
    journal.current().note(row.pk, row.attempts, "b")
    redis.flush()
    settle_elsewhere()
    assert state_of(row) == State.UNCONFIRMED


def test_while_redis_is_away_the_rows_of_another_node_wait(channel: Any, redis: outages.Redis) -> None:
    row = claimed(channel)
    journal.current().note(row.pk, row.attempts, "b")
    redis.freeze()
    try:
        settle_elsewhere()
        assert state_of(row) == State.SENDING
    finally:
        redis.thaw()
    settle_elsewhere()
    assert state_of(row) == State.PENDING


def test_a_message_is_sent_without_redis_too(channel: Any, api: BotApi, redis: outages.Redis) -> None:
    rows = [make_outbound(channel, make_conversation(channel, str(number))) for number in range(3)]
    redis.freeze()
    began = time.monotonic()
    try:
        for row in rows:
            deliver(row.pk)
    finally:
        redis.thaw()
    assert [state_of(row) for row in rows] == [State.SENT] * 3
    assert time.monotonic() - began < 5.0, "after a failure Redis is left alone for a while"


def test_steps_of_sent_messages_do_not_pile_up(channel: Any) -> None:
    for number in range(20):
        deliver(make_outbound(channel, make_conversation(channel, str(number))).pk)
    left = shared_journal.read(workers.current())
    assert left is not None
    assert len(left) <= 2
