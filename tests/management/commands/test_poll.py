"""`manage.py poll` removes the webhook, stores events and cleans up at its end."""

from __future__ import annotations

import io
import itertools
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bots.channels import lookup
from bots.intake import polling
from bots.models import Channel, InboundEvent, Worker
from bots.runtime import poll_threads
from clawdbot.errors import ClawdbotError
from tests.builders import make_channel
from tests.peers import BotApi
from tests.waiting import eventually

pytestmark = pytest.mark.databases

UPDATE = {
    "update_id": 7,
    "message": {
        "message_id": 1,
        "date": 1_800_000_000,
        "chat": {"id": 5, "type": "private"},
        "from": {"id": 5, "is_bot": False, "first_name": "Ann"},
        "text": "hello",
    },
}


@pytest.fixture
def api() -> BotApi:
    return BotApi(updates=[UPDATE])


def poll(*arguments: str) -> str:
    out = io.StringIO()
    call_command("poll", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_one_poll_takes_the_webhook_back_and_stores_what_came(channel: Channel, api: BotApi) -> None:
    assert poll("--once", "--delete-webhook", channel.public_id) == f"{channel}: 1 new\n"
    assert api.calls["deleteWebhook"] == 1
    assert poll("--once") == f"{channel}: 0 new\n"
    assert api.calls["deleteWebhook"] == 1
    assert InboundEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_to_poll_is_said() -> None:
    make_channel()
    with pytest.raises(CommandError, match="no enabled channel that can be polled"):
        poll("--once")


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Channel]]:
    """Runs the threads of `poll` beside the test; yields the channels whose polling began, in order."""
    monkeypatch.setattr(poll_threads, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(poll_threads, "poll_forever", partial(polling.poll_forever, timeout=0.1))
    stop, told = threading.Event(), list[Channel]()
    thread = threading.Thread(target=_run, args=(stop, told))
    thread.start()
    yield told
    stop.set()
    thread.join(30)
    assert not Worker.objects.exists()


def _run(stop: threading.Event, told: list[Channel]) -> None:
    poll_threads.run((), stop, told.append)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_threads_poll_until_they_are_stopped(channel: Channel, running: list[Channel]) -> None:
    eventually(lambda: InboundEvent.objects.exists() and Worker.objects.filter(role="poll"))
    assert running == [channel]


@pytest.mark.django_db(transaction=True)
def test_a_channel_is_polled_from_when_it_is_enabled_until_it_is_disabled(
    running: list[Channel], request: pytest.FixtureRequest
) -> None:
    channel: Channel = request.getfixturevalue("channel")
    for _round in range(2):
        eventually(lambda: _polled(channel))
        Channel.objects.filter(pk=channel.pk).update(enabled=False)
        eventually(lambda: not _threads(channel))
        Channel.objects.filter(pk=channel.pk).update(enabled=True)
    eventually(lambda: _polled(channel))
    assert running == [channel] * 3


def _threads(channel: Channel) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"poll-{channel.public_id}"]


def _polled(channel: Channel) -> bool:
    return bool(_threads(channel)) and InboundEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_channel_with_unreadable_settings_is_told_once(
    running: list[Channel], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = itertools.count()

    def broken(_channel: Channel) -> None:
        next(looks)
        raise ClawdbotError("the token is missing")

    monkeypatch.setattr(lookup, "adapter_for", broken)
    make_channel(platform="telegram", credentials={"token": "1:a"})
    eventually(lambda: next(looks) > 10)
    assert caplog.text.count("the token is missing") == 1
    assert not running
