"""A platform that is down gets few calls, costs no attempts, and does not hold up another channel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from adapters.errors import SendError
from bots.models import Channel, OutboundMessage
from bots.pipeline.outbox import deliver, outages
from clawdbot.circuit_breaker import CircuitBreaker
from tests.builders import make_bot, make_channel, make_conversation, make_outbound
from tests.clock import ManualClock
from tests.http_server import Answer, Server, json_answer, serve
from tests.peers import BotApi

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
State = OutboundMessage.State
TOKEN = "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    clock = ManualClock(1000.0)
    circuits: CircuitBreaker[int] = CircuitBreaker(failures_to_open=3, pause_s=2.0, longest_pause_s=60.0, clock=clock)
    monkeypatch.setattr(outages, "_circuits", circuits)
    return clock


@pytest.fixture
def down() -> Iterator[Server]:
    """A Bot API that answers 502."""
    with serve(
        lambda _request: json_answer({"ok": False, "error_code": 502, "description": "Bad Gateway"}, 502)
    ) as api:
        yield api


def channel_at(url: str) -> Channel:
    account = {"token": TOKEN, "secret_token": "s", "base_url": url}
    return make_channel(make_bot(), platform="telegram", credentials=account)


def waiting(channel: Channel, count: int) -> list[OutboundMessage]:
    return [make_outbound(channel, make_conversation(channel, f"chat-{number}")) for number in range(count)]


def test_after_three_failures_one_message_at_a_time_tries_the_platform(down: Server, clock: ManualClock) -> None:
    rows = waiting(channel_at(down.url), 8)
    for row in rows:
        deliver(row.pk)
    assert len(down.requests) == 3
    attempts = list(OutboundMessage.objects.order_by("pk").values_list("attempts", flat=True))
    assert attempts == [1, 1, 1, 0, 0, 0, 0, 0], "a message that only waits uses no attempt"
    assert {row.state for row in OutboundMessage.objects.all()} == {State.PENDING}
    clock.advance(2.1)
    OutboundMessage.objects.update(due_at=rows[0].created_at)
    for row in rows:
        deliver(row.pk)
    assert len(down.requests) == 4
    down.respond = lambda _request: json_answer({"ok": True, "result": {"message_id": 7, "date": 0, "chat": {"id": 1}}})
    clock.advance(60.1)
    OutboundMessage.objects.update(due_at=rows[0].created_at)
    for row in rows:
        deliver(row.pk)
    assert {row.state for row in OutboundMessage.objects.all()} == {State.SENT}


def test_an_outage_of_one_platform_leaves_another_channel_alone(down: Server, channel: Channel, api: BotApi) -> None:
    for row in waiting(channel_at(down.url), 5):
        deliver(row.pk)
    (row,) = waiting(channel, 1)
    assert deliver(row.pk) == 1
    assert len(api.sent) == 1


def test_refusals_of_single_messages_are_no_outage(clock: ManualClock) -> None:
    for error in (
        SendError("blocked", permanent=True, mark="user_blocked"),
        SendError("slow down", retry_after=3, mark="flood"),
        SendError("what?", mark="bad_response"),
    ):
        for _ in range(4):
            with pytest.raises(SendError), outages.trying(1):
                raise error
    assert outages.wait_s(1) == 0.0


def test_sends_that_hang_take_half_of_the_threads_at_most(
    monkeypatch: pytest.MonkeyPatch, configured: object, settings: object
) -> None:
    configured("worker", threads=4)  # type: ignore[operator]
    monkeypatch.setattr(outages, "SLOW_S", -1.0)
    release, calls = threading.Event(), []

    def hang(request: object) -> Answer:
        calls.append(request)
        release.wait(60)
        return json_answer({"ok": True, "result": {"message_id": 7, "date": 0, "chat": {"id": 1}}})

    def send(row_id: int) -> None:
        try:
            deliver(row_id)
        finally:
            connections.close_all()

    with serve(hang) as api, ThreadPoolExecutor(4) as pool:
        rows = waiting(channel_at(api.url), 4)
        try:
            for row in rows[:2]:
                pool.submit(send, row.pk)
            while len(calls) < 2:
                threading.Event().wait(0.01)
            for row in rows[2:]:
                pool.submit(send, row.pk).result(30)
            assert len(calls) == 2
        finally:
            release.set()
    states = list(OutboundMessage.objects.order_by("pk").values_list("state", flat=True))
    assert states == [State.SENT, State.SENT, State.PENDING, State.PENDING]
