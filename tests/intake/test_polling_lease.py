"""Of all pollers of a channel one polls; another one goes on when it is gone, and takes nothing twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection

from bots.intake import polling
from bots.leases import duties, held
from bots.models import Channel, ChannelHealth, InboundEvent, Lease
from bots.models.sql import leases as sql
from clawdbot.leadership import LeadershipLost
from tests.adapters.builders import message
from tests.builders import make_channel
from tests.http_server import Server
from tests.leases.builders import Elsewhere
from tests.polled_api import PolledApi
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def update(number: int) -> dict[str, Any]:
    chat = {"id": 5, "type": "private", "first_name": "Pia"}
    return message("hello", update_id=number, message_id=number, chat=chat)


@pytest.fixture
def api() -> PolledApi:
    return PolledApi(longest_s=0.3)


@pytest.fixture
def duty(channel: Channel) -> str:
    return duties.poll_of(channel.public_id)


@pytest.fixture
def polling_thread(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A poller of the channel in this process; the event stops it."""
    monkeypatch.setattr(held, "TRY_EVERY_S", 0.05)
    stop = threading.Event()
    thread = threading.Thread(target=polling.poll_forever, args=(channel, stop))
    thread.start()
    yield stop
    stop.set()
    thread.join(30)
    connection.close()


def test_a_second_poller_waits_and_asks_the_platform_nothing(
    request: pytest.FixtureRequest, duty: str, api: PolledApi
) -> None:
    other = Elsewhere()
    token = other.take(duty)
    assert token is not None
    api.say(update(7))
    request.getfixturevalue("polling_thread")
    time.sleep(0.5)
    assert not InboundEvent.objects.exists()
    other.release(duty, token)
    eventually(InboundEvent.objects.exists)
    assert api.conflicts == 0


def test_a_poller_that_was_paused_stops_when_it_finds_another_one_at_work(
    polling_thread: threading.Event, duty: str, api: PolledApi
) -> None:
    api.say(update(7))
    eventually(InboundEvent.objects.exists)
    Lease.objects.update(expires_at=Lease.objects.get().acquired_at)  # while it stood still
    assert Elsewhere().take(duty) is not None
    api.say(update(8))
    eventually(lambda: InboundEvent.objects.count() == 2)
    time.sleep(0.8)
    api.say(update(9))
    time.sleep(0.8)
    assert InboundEvent.objects.count() == 2, "after what was on its way no further poll begins"
    assert not polling_thread.is_set(), "it waits for its turn"


def test_the_offset_of_a_former_poller_does_not_replace_that_of_the_new_one(
    channel: Channel, duty: str, api: PolledApi
) -> None:
    with duties.lead(duty) as lead:
        assert lead is not None
        api.say(update(7))
        sql.expire([(duty, lead.token)])
        assert Elsewhere().take(duty) is not None
        Channel.objects.update(poll_offset="12")
        with pytest.raises(LeadershipLost):
            polling.poll_once(channel, 0.0, lead)
    assert Channel.objects.get().poll_offset == "12"
    assert InboundEvent.objects.count() == 1, "the event itself is not lost"


def test_a_poll_that_the_platform_ends_for_the_new_poller_is_no_failure_of_the_channel(
    server: Server, duty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During a rolling update the old process gets a 409 for the poll that it had open."""
    api = PolledApi(longest_s=20.0)
    server.respond = api._answer
    channel = make_channel(platform="telegram", credentials={"token": "11:aaa", "base_url": server.url})
    stop, lease = threading.Event(), held.take(duty)
    assert lease is not None
    thread = threading.Thread(target=polling._poll_while, args=(lease, channel, stop, 20.0))
    thread.start()
    eventually(lambda: api._newest == 1)
    lease.lost = True
    api._poll({"timeout": 0})
    thread.join(30)
    assert api.conflicts == 1
    assert not ChannelHealth.objects.filter(poll_failed_at__isnull=False).exists()


def test_a_database_that_is_away_when_a_poller_tries_ends_no_poller(
    request: pytest.FixtureRequest, api: PolledApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> None:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as patched:
        patched.setattr(sql, "read", away)
        patched.setattr(polling, "_BACKOFF", polling.Backoff(first_s=0.05, longest_s=0.1))
        request.getfixturevalue("polling_thread")
        api.say(update(7))
        time.sleep(0.3)
        assert not InboundEvent.objects.exists()
    eventually(InboundEvent.objects.exists)
