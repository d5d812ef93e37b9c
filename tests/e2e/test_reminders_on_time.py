"""Reminders and a broadcast on the running product: in time, and once over SIGKILL."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.http_server import Answer, Recorded, Server, serve
from tests.product import Product

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

MAKE = """
from datetime import timedelta
from django.utils import timezone
from bots.models import Bot, Channel, Conversation, Identity, Person, Schedule, Broadcast
from bots.operations import broadcasts
from bots.models.schedule import wall_of
bot = Bot.objects.get(is_default=True)
def channel():
    row = Channel.objects.filter(name="{url}").first()
    if row is None:
        row = Channel(bot=bot, platform="webhook", name="{url}")
        row.credentials = {{"secret": "s" * 20, "reply_url": "{url}/replies"}}
        row.save()
    return row
def chat(name):
    person = Person.objects.create(bot=bot, display_name=name, time_zone="UTC", language="en", quiet_hours="off")
    Identity.objects.create(person=person, channel=channel(), external_id=name)
    return Conversation.objects.create(bot=bot, channel=channel(), person=person, chat_id=name)
def remind(name, in_s, rule="", number=1):
    there, due = chat(name), timezone.now() + timedelta(seconds=in_s)
    row = Schedule(bot=bot, channel=channel(), conversation=there, person=there.person, number=number, text=name,
                   local=wall_of(due), zone="UTC", rule=rule)
    row.aim(row.after(due - timedelta(seconds=2)))
    row.save()
    print(row.next_at.timestamp())
"""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    off = {"CLAWDBOT_MODEL_SERVER__ENABLE": "false", "CLAWDBOT_SEMANTIC_SEARCH__ENABLE": "false"}
    made = Product(tmp_path_factory.mktemp("home"), off)
    made.migrate()
    made.start(model=False)
    yield made
    made.stop()


@pytest.fixture
def arrivals() -> list[float]:
    """When each request reached the peer, in epoch seconds."""
    return []


@pytest.fixture
def peer(arrivals: list[float]) -> Iterator[Server]:
    """The reply address of a webhook channel, which is this test's own."""

    def respond(_request: Recorded) -> Answer:
        arrivals.append(time.time())
        return Answer()

    with serve(respond) as running:
        yield running


def texts(peer: Server) -> list[str]:
    """Returns the texts in order, as a receiver has them that drops a repetition by its key, as the webhook asks."""
    by_key: dict[str, str] = {}
    for request in list(peer.requests):
        by_key.setdefault(request.headers["idempotency-key"], request.json["text"])
    return list(by_key.values())


def run(product: Product, peer: Server, code: str) -> list[str]:
    return product.manage("shell", "-v", "0", "-c", MAKE.format(url=peer.url) + code).split()


def wait_for(peer: Server, count: int, limit_s: float) -> None:
    ends = time.monotonic() + limit_s
    while len(texts(peer)) < count and time.monotonic() < ends:
        time.sleep(0.02)


def test_a_reminder_comes_within_two_seconds_and_one_of_an_outage_once_and_late(
    product: Product, peer: Server, arrivals: list[float]
) -> None:
    due = run(product, peer, "for number in range(3): remind(f'tea{number}', 8 + 2 * number)")
    wait_for(peer, 3, 40)
    assert texts(peer) == ["⏰ tea0", "⏰ tea1", "⏰ tea2"]
    delays = [arrived - float(moment) for arrived, moment in zip(arrivals, due, strict=False)]
    assert 0 <= min(delays) <= max(delays) < 2.0, delays

    product.kill()
    run(product, peer, "remind('missed', -3 * 3600)\nremind('series', -3.5 * 3600, 'FREQ=HOURLY')")
    product.start(model=False)
    wait_for(peer, 4, 60)
    product.kill()
    product.start(model=False)
    wait_for(peer, 5, 60)
    time.sleep(7)  # a sweep and more
    late = texts(peer)[3:]
    assert Counter(text.split("\n")[0] for text in late) == {"⏰ missed": 1, "⏰ series": 1}
    assert all("This was due at" in text for text in late)


def test_quiet_hours_hold_what_is_late_and_not_a_time_that_the_person_chose(product: Product, peer: Server) -> None:
    quiet = (
        "hours = lambda shift: (timezone.now() + timedelta(hours=shift)).strftime('%H:%M')\n"
        "def hush():\n    Person.objects.update(quiet_hours=hours(-2) + '-' + hours(3))\n"
    )
    product.kill()
    run(product, peer, quiet + "remind('late', -3 * 3600)\nhush()")
    product.start(model=False)
    run(product, peer, quiet + "remind('chosen', 10)\nhush()")
    wait_for(peer, 1, 60)
    time.sleep(7)  # a sweep and more
    assert texts(peer) == ["⏰ chosen"]
    # Out of the quiet hours the late one comes, and says so.
    again = "Person.objects.update(quiet_hours='off')\n"
    run(product, peer, again + "Schedule.objects.filter(text='late').update(next_at=timezone.now())")
    wait_for(peer, 2, 30)
    assert texts(peer)[1].startswith("⏰ late\n\nThis was due at")


def test_a_broadcast_reaches_everybody_once_over_sigkill(product: Product, peer: Server) -> None:
    people = 60
    run(
        product,
        peer,
        f"for number in range({people}): chat(f'p{{number}}')\n"
        "row = Broadcast.objects.create(bot=bot, name='n', text='closed', per_second=8, respect_quiet=False)\n"
        "row.channels.set([channel()])\nbroadcasts.release(row, 'root')",
    )
    for share in (10, 30):
        wait_for(peer, share, 30)
        product.kill()
        product.start(model=False)
    wait_for(peer, people, 150)
    time.sleep(3)
    got = Counter(request.json["chat"]["id"] for request in peer.requests)
    assert len(got) == people
    # The webhook's receiver drops a repetition by its key; a person must never have two messages.
    keys = {(request.json["chat"]["id"], request.headers["idempotency-key"]) for request in peer.requests}
    assert len(keys) == people
