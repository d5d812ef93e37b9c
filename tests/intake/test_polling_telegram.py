"""Polling of Telegram: whose offset it is, what an answer below it means, and what the health says."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.channels import health
from bots.intake import polling
from bots.models import Channel, ChannelHealth, InboundEvent
from bots.monitoring.channel_status import status_of, with_last_day
from clawdbot.backoff import Backoff
from tests.adapters.builders import message
from tests.builders import make_channel
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

TOKEN, OTHER_BOT, ROTATED = "11:aaa", "33:ccc", "11:bbb"


def update(number: int, message_id: int = 1, text: str = "hello") -> dict[str, Any]:
    chat = {"id": 5, "type": "private", "first_name": "Pia"}
    return message(text, update_id=number, message_id=message_id, chat=chat)


class Updates:
    """The getUpdates of several bots. It answers every poll with what the test has left for the bot."""

    def __init__(self, server: Server) -> None:
        self.waiting: dict[str, list[dict[str, Any]]] = {}
        self.failure: Answer | None = None
        self.webhook = ""
        self.offsets: list[int | None] = []
        self.url = server.url
        server.respond = self._answer

    def _answer(self, request: Recorded) -> Answer:
        if request.path.endswith("/getWebhookInfo"):
            return json_answer({"ok": True, "result": {"url": self.webhook}})
        if self.failure is not None:
            return self.failure
        self.offsets.append(request.json.get("offset"))
        token = request.path.split("/bot")[-1].partition("/")[0]
        return json_answer({"ok": True, "result": self.waiting.pop(token, [])})


@pytest.fixture
def updates(server: Server) -> Updates:
    return Updates(server)


@pytest.fixture
def polled(updates: Updates) -> Channel:
    return make_channel(platform="telegram", credentials={"token": TOKEN, "base_url": updates.url})


def fresh(channel: Channel) -> Channel:
    return with_last_day(Channel.objects.filter(pk=channel.pk)).get()


def change(channel: Channel, **account: Any) -> Channel:
    channel = Channel.objects.select_related("bot").get(pk=channel.pk)
    channel.credentials = channel.credentials | account
    channel.save()
    return channel


def poll(channel: Channel) -> int:
    return polling.poll_once(Channel.objects.select_related("bot").get(pk=channel.pk), 0)


def test_the_offset_is_that_of_the_last_update(polled: Channel, updates: Updates) -> None:
    updates.waiting[TOKEN] = [update(900000003, 8), update(900000004, 9)]
    assert poll(polled) == 2
    assert poll(polled) == 0
    assert updates.offsets == [None, 900000005]
    assert fresh(polled).poll_offset == "900000005"


@pytest.mark.parametrize("account", [{"token": OTHER_BOT}, {"token": ROTATED}])
def test_another_token_begins_without_offset(account: dict[str, str], polled: Channel, updates: Updates) -> None:
    updates.waiting[TOKEN] = [update(900000004, 9)]
    poll(polled)
    change(polled, **account)
    assert poll(polled) == 0
    updates.waiting[account["token"]] = [update(5001)]
    assert poll(polled) == 1
    poll(polled)
    assert updates.offsets == [None, None, None, 5002]


def test_another_server_begins_without_offset(polled: Channel, updates: Updates, server: Server) -> None:
    updates.waiting[TOKEN] = [update(900000004, 9)]
    poll(polled)
    change(polled, base_url=updates.url.replace("127.0.0.1", "localhost"))
    poll(polled)
    assert updates.offsets == [None, None]


def test_a_change_during_a_poll_does_not_take_the_old_offset_over(
    polled: Channel, updates: Updates, server: Server
) -> None:
    """The answer to the long poll of the former bot comes after the change."""
    updates.waiting[TOKEN] = [update(900000004, 9)]
    answer = server.respond

    def slow(request: Recorded) -> Answer:
        server.respond = answer
        found = answer(request)
        change(polled, token=OTHER_BOT)
        return found

    server.respond = slow
    assert poll(polled) == 1
    poll(polled)
    assert updates.offsets == [None, None]


def test_an_offset_from_before_the_update_of_this_product_is_used(polled: Channel, updates: Updates) -> None:
    Channel.objects.filter(pk=polled.pk).update(poll_offset="900000004")
    poll(polled)
    assert updates.offsets == [900000004]


def test_an_answer_below_the_offset_is_believed(polled: Channel, updates: Updates) -> None:
    Channel.objects.filter(pk=polled.pk).update(poll_offset="900000004")
    updates.waiting[TOKEN] = [update(5001, 1), update(5002, 2)]
    assert poll(polled) == 2
    poll(polled)
    assert updates.offsets == [900000004, 5003]


def test_after_a_week_without_updates_the_offset_is_forgotten(polled: Channel, updates: Updates) -> None:
    updates.waiting[TOKEN] = [update(900000004, 9)]
    poll(polled)
    Channel.objects.filter(pk=polled.pk).update(last_event_at=timezone.now() - timedelta(days=7))
    poll(polled)
    assert updates.offsets == [None, None]


def test_a_number_that_another_message_had_before_loses_no_message(polled: Channel, updates: Updates) -> None:
    updates.waiting[TOKEN] = [update(5001, 1, "to the first bot")]
    poll(polled)
    change(polled, token=OTHER_BOT)
    for expected in (1, 0):  # the second time it is a repetition
        updates.waiting[OTHER_BOT] = [update(5001, 77, "to the second bot")]
        assert poll(polled) == expected
    texts = {row.payload["text"] for row in InboundEvent.objects.all()}
    assert texts == {"to the first bot", "to the second bot"}


def test_no_secret_is_stored_with_the_offset(polled: Channel, updates: Updates) -> None:
    updates.waiting[TOKEN] = [update(1)]
    poll(polled)
    stored = fresh(polled).poll_account
    assert len(stored) == 32
    assert "aaa" not in stored


FAILURES = {
    "unauthorized": (401, "Unauthorized", "Copy the token again"),
    "webhook": (409, "Conflict: can't use getUpdates method while webhook is active", "--delete-webhook"),
    "another poller": (409, "Conflict: terminated by other getUpdates request", "Another process polls"),
    "outage": (502, "Bad Gateway", "failure of its own"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_the_health_says_why_polling_fails_and_when_it_works_again(
    name: str, polled: Channel, updates: Updates, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, description, advice = FAILURES[name]
    monkeypatch.setattr("bots.channels.health.WRITE_EVERY_S", 0.0)
    monkeypatch.setattr("bots.intake.polling._BACKOFF", Backoff(longest_s=0.05))
    updates.failure = json_answer({"ok": False, "error_code": code, "description": description}, code)
    stop = threading.Event()
    thread = threading.Thread(target=polling.poll_forever, args=(polled, stop, 0.05), daemon=True)
    thread.start()
    try:
        eventually(lambda: fresh(polled).last_error_at)
        text = status_of(fresh(polled)).text
        assert text.startswith("Polling fails: ")
        assert advice in text
        updates.failure = None
        eventually(lambda: status_of(fresh(polled)).light == "ok")
        assert status_of(fresh(polled)).text == "Polling works; nothing has been received yet."
    finally:
        stop.set()
        thread.join(20)


def test_a_channel_whose_webhook_leads_here_is_left_to_it_until_the_webhook_is_gone(
    polled: Channel, updates: Updates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.channels.health.WRITE_EVERY_S", 0.0)
    monkeypatch.setattr(polling, "LOOK_AGAIN_S", 0.1)
    asked = threading.Event()
    monkeypatch.setattr(polling, "_wait", lambda *_: asked.set() or asked.wait(0.05))
    code, description, _advice = FAILURES["webhook"]
    updates.webhook = f"https://chat.example.com{polled.webhook_path}"
    updates.failure = json_answer({"ok": False, "error_code": code, "description": description}, code)
    stop = threading.Event()
    thread = threading.Thread(target=polling.poll_forever, args=(polled, stop, 0.05), daemon=True)
    thread.start()
    try:
        assert asked.wait(20)
        assert fresh(polled).last_error_at is None
        assert status_of(fresh(polled)).light != "bad"
        updates.failure = None
        eventually(lambda: status_of(fresh(polled)).light == "ok")
    finally:
        stop.set()
        thread.join(20)


def test_a_server_that_is_not_reached_is_said(polled: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.channels.health.WRITE_EVERY_S", 0.0)
    change(polled, base_url="http://127.0.0.1:9")
    stop = threading.Event()
    thread = threading.Thread(target=polling.poll_forever, args=(polled, stop, 0.05), daemon=True)
    thread.start()
    try:
        eventually(lambda: "does not reach the platform" in status_of(fresh(polled)).text)
    finally:
        stop.set()
        thread.join(20)


def test_a_failure_of_a_poller_that_was_stopped_is_no_state(polled: Channel, updates: Updates) -> None:
    health.note_poll_failure(polled.pk, "webhook is active", "webhook_active")
    health.flush(everything=True)
    assert status_of(fresh(polled)).light == "bad"
    ChannelHealth.objects.update(poll_failed_at=timezone.now() - timedelta(hours=1))
    assert status_of(fresh(polled)).light == "new"
