"""Health notes of a channel: written soon, with few queries, for all senders, by several processes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from adapters.errors import SendError
from bots.channels import health
from bots.intake.webhook_asgi import WebhookApplication
from bots.models import Channel, ChannelHealth, ChannelHour, OutboundMessage
from bots.pipeline import inbox
from bots.pipeline.outbox import delivery
from tests.api.builders import SECRET, deliver, event_body, make_channel, make_conversation, make_outbound, update
from tests.clock import ManualClock

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """Stands still, so that no write depends on the speed of the machine."""
    still = ManualClock()
    monkeypatch.setattr(health, "clock", still)
    return still


def hours(channel: Channel) -> list[tuple[int, int]]:
    return list(channel.hours.values_list("events", "refused"))


def writes(queries: Any) -> list[str]:
    return [q["sql"] for q in queries if q["sql"].split(" ", 1)[0] in ("INSERT", "UPDATE", "DELETE")]


def test_a_good_event_is_noted_at_once_and_counted_later() -> None:
    channel = make_channel()
    for _ in range(3):
        assert deliver(channel, event_body()).status_code == 202
    channel.refresh_from_db()
    assert channel.last_event_at is not None
    assert hours(channel) == [(1, 0)]
    health.flush(everything=True)
    assert hours(channel) == [(3, 0)]


def test_a_repeated_delivery_is_no_second_event() -> None:
    channel, body = make_channel(), event_body()
    for _ in range(3):
        deliver(channel, body)
    health.flush(everything=True)
    assert hours(channel) == [(1, 0)]


def test_a_bad_signature_is_noted_with_its_reason_and_nothing_that_was_sent() -> None:
    channel = make_channel()
    assert deliver(channel, event_body("private words"), sign="00").status_code == 401
    health.flush()
    row = ChannelHealth.objects.get(channel=channel)
    assert (row.refused, row.refused_reason) == (1, "not_genuine")
    assert row.refused_detail == "the signature does not match"
    channel.refresh_from_db()
    assert channel.last_event_at is None


def test_a_genuine_request_that_cannot_be_read_is_noted() -> None:
    channel = make_channel()
    deliver(channel, b"nonsense")
    health.flush()
    assert ChannelHealth.objects.get(channel=channel).refused_reason == "malformed"


def test_our_own_failure_is_noted_by_its_kind_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_values: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(inbox, "accept", broken)
    channel = make_channel()
    assert deliver(channel, event_body()).status_code == 500
    health.flush()
    row = ChannelHealth.objects.get(channel=channel)
    assert (row.refused_reason, row.refused_detail) == ("failed", "RuntimeError")


def test_a_flood_of_bad_requests_writes_nothing_by_itself_and_once_when_flushed(clock: ManualClock) -> None:
    channel = make_channel()
    deliver(channel, event_body(), sign="00")
    with CaptureQueriesContext(connection) as during:
        for _ in range(200):
            deliver(channel, event_body(), sign="00")
    assert writes(during) == []
    health.flush()
    with CaptureQueriesContext(connection) as after:
        for _ in range(50):
            deliver(channel, event_body(), sign="00")
            health.flush()
    assert writes(after) == []  # less than ten seconds later
    assert ChannelHealth.objects.get(channel=channel).refused == 201
    clock.advance(health.WRITE_EVERY_S)
    health.flush()
    assert ChannelHealth.objects.get(channel=channel).refused == 251
    assert hours(channel) == [(0, 251)]


def test_requests_to_addresses_that_do_not_exist_leave_nothing_behind() -> None:
    for number in range(20):
        deliver(f"/api/webhook/{number:016x}", event_body())
    assert not health.waiting()


def test_several_processes_add_up() -> None:
    channel = make_channel()
    for _ in range(3):  # each process has its own notes and its own time of writing
        health._written.clear()
        deliver(channel, event_body())
        deliver(channel, event_body(), sign="00")
        health.flush(everything=True)
    assert hours(channel) == [(3, 3)]
    assert ChannelHealth.objects.get(channel=channel).refused == 3


def test_an_older_moment_of_another_process_does_not_go_back_in_time() -> None:
    channel = make_channel()
    later = timezone.now() + timedelta(seconds=5)
    Channel.objects.filter(pk=channel.pk).update(last_event_at=later)
    health.note_events(channel, 1)
    channel.refresh_from_db()
    assert channel.last_event_at == later


def test_saving_the_channel_does_not_write_old_figures_back() -> None:
    channel = make_channel()
    stale = Channel.objects.get(pk=channel.pk)
    deliver(channel, event_body(), sign="00")
    health.flush()
    stale.save()
    assert ChannelHealth.objects.get(channel=channel).refused == 1


def test_the_common_address_notes_it_where_only_one_channel_can_be_meant() -> None:
    channel = make_channel(platform="telegram")
    client = Client()

    def post() -> int:
        return client.post(
            "/api/webhook",
            update(),
            content_type="application/json",
            headers={"X-Telegram-Bot-Api-Secret-Token": "wrong"},
        ).status_code

    assert post() == 401
    health.flush()
    assert ChannelHealth.objects.get(channel=channel).refused == 1
    make_channel(platform="telegram", account={"secret_token": "another-secret-1"})
    assert post() == 401
    health.flush(everything=True)
    assert ChannelHealth.objects.get().refused == 1


def test_a_challenge_shows_that_the_platform_has_found_the_address() -> None:
    channel = make_channel()
    assert deliver(channel, b'{"type": "ping"}').json() == {"status": "pong"}
    channel.refresh_from_db()
    assert channel.last_event_at is not None
    assert hours(channel) == []


def test_hours_older_than_two_days_go() -> None:
    channel = make_channel()
    old = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=60)
    ChannelHour.objects.create(channel=channel, hour=old, events=5)
    health.note_events(channel, 1)
    assert hours(channel) == [(1, 0)]


def test_what_could_not_be_written_is_kept_for_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = make_channel()
    store = health._store

    def away(*_args: object) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(health, "_store", away)
    assert deliver(channel, event_body()).status_code == 202
    assert health.waiting()
    monkeypatch.setattr(health, "_store", store)
    health.note_events(channel, 1)
    health.flush(everything=True)
    assert hours(channel) == [(2, 0)]


def test_a_channel_that_was_removed_meanwhile_is_forgotten() -> None:
    channel = make_channel()
    deliver(channel, event_body(), sign="00")
    Channel.objects.filter(pk=channel.pk).delete()
    health._add(channel.pk, health._Notes(refused=1, refused_at=timezone.now()))
    health.flush(everything=True)
    assert not ChannelHealth.objects.exists()
    assert not health.waiting()


def test_sends_and_their_failures_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = make_channel()
    sent = make_outbound(make_conversation(channel))
    delivery.deliver(sent.pk)  # nothing listens at the reply address
    health.flush(everything=True)
    row = ChannelHealth.objects.get(channel=channel)
    assert row.send_failed_at is not None
    assert row.send_mark == "not_reached"
    assert SECRET not in row.send_error
    monkeypatch.setattr("adapters.webhook.adapter.WebhookAdapter.send", lambda *_: _receipt())
    OutboundMessage.objects.filter(pk=sent.pk).update(due_at=timezone.now())
    delivery.deliver(sent.pk)
    health.flush(everything=True)
    row.refresh_from_db()
    assert row.sent_at is not None
    assert row.sent_at > row.send_failed_at


def test_a_secret_in_an_error_is_masked() -> None:
    channel = make_channel()
    health.note_send_failure(channel.pk, str(SendError("Bearer abcdefghijklmnop")), "refused")
    health.flush()
    assert "abcdefghijklmnop" not in ChannelHealth.objects.get().send_error


async def test_a_web_process_without_heartbeat_writes_what_came_last(monkeypatch: pytest.MonkeyPatch) -> None:
    written = asyncio.Event()
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(health, "WRITE_EVERY_S", 0.01)
    monkeypatch.setattr(health, "flush", lambda: loop.call_soon_threadsafe(written.set))
    monkeypatch.setattr(health, "waiting", lambda: not written.is_set())

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 2_000_000}  # refused before the view runs in a thread

    async def send(_message: Any) -> None:
        return

    async def fallback(*_args: Any) -> None:
        raise AssertionError

    scope = {"type": "http", "path": "/api/webhook/0123456789abcdef", "headers": [], "method": "POST"}
    await WebhookApplication(fallback)(scope, receive, send)
    await asyncio.wait_for(written.wait(), 60)


def _receipt() -> Any:
    from adapters.events import SendReceipt

    return SendReceipt("1")
