"""Two beats, two workers and a real Redis: each occurrence comes once, also when one of each is killed.

`make test-faults` runs this. The Procfile says that beat runs once; a supervisor that starts it twice, or a second
machine that is forgotten, must not remind people twice.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import load, outages
from tests.http_server import Answer, Recorded, Server, serve
from tests.procfile import ProcfileProduct

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

SINGLE = 26  # reminders, one due each second
BEGIN_S = 12  # from when they are made to the first
SERIES, TIMES, EVERY_S = 3, 2, 15
WORKER, BEAT = 1, 3  # places in PROCESSES
PROCESSES = ("web", "worker", "worker", "beat", "beat")
SLOWEST_S = 20.0  # a sweep that a lost process held comes again after five seconds

MAKE = """
from datetime import timedelta
from django.utils import timezone
from bots.models import Bot, Channel, Conversation, Identity, Person, Schedule
from bots.models.schedule import wall_of
bot = Bot.objects.get(is_default=True)
channel = Channel(bot=bot, platform="webhook", name="peer")
channel.credentials = {{"secret": "s" * 20, "reply_url": "{url}/replies"}}
channel.save()
def remind(name, in_s, rule=""):
    person = Person.objects.create(bot=bot, display_name=name, time_zone="UTC", language="en", quiet_hours="off")
    Identity.objects.create(person=person, channel=channel, external_id=name)
    there = Conversation.objects.create(bot=bot, channel=channel, person=person, chat_id=name)
    due = timezone.now() + timedelta(seconds=in_s)
    row = Schedule(bot=bot, channel=channel, conversation=there, person=person, number=1, text=name,
                   local=wall_of(due), zone="UTC", rule=rule)
    row.aim(row.after(due - timedelta(seconds=2)))
    row.save()
    print(name, row.next_at.timestamp())
for number in range({single}):
    remind(f"once{{number}}", {begin} + number)
for number in range({series}):
    remind(f"series{{number}}", {begin} + number, "FREQ=SECONDLY;INTERVAL={every};COUNT={times}")
"""
COUNT = """
from bots.models import Occurrence, Schedule
print(Occurrence.objects.count(), Schedule.objects.filter(state="done").count())
"""


@pytest.fixture
def product(tmp_path: Path) -> Iterator[ProcfileProduct]:
    with outages.postgresql() as postgres, outages.redis() as redis:
        settings = load.settings(DATABASE_URL=postgres.url, REDIS_URL=redis.url, CLAWDBOT_WORKER__PROCESSES="1")
        made = ProcfileProduct(tmp_path / "home", settings, processes=PROCESSES)
        made.home.mkdir()
        made.migrate()
        made.manage("setup")
        try:
            made.start(model=False)
            yield made
        finally:
            made.stop()


@pytest.fixture
def arrivals() -> dict[str, float]:
    """When each reminder first reached the peer, by its key, in epoch seconds."""
    return {}


@pytest.fixture
def peer(arrivals: dict[str, float]) -> Iterator[Server]:
    """The reply address of a webhook channel."""

    def respond(request: Recorded) -> Answer:
        arrivals.setdefault(request.headers["idempotency-key"], time.time())
        return Answer()

    with serve(respond) as running:
        yield running


def test_each_occurrence_comes_once_with_two_beats_while_one_and_then_a_worker_is_killed(
    product: ProcfileProduct, peer: Server, arrivals: dict[str, float]
) -> None:
    code = MAKE.format(url=peer.url, single=SINGLE, begin=BEGIN_S, series=SERIES, every=EVERY_S, times=TIMES)
    lines = product.manage("shell", "-v", "0", "-c", code).splitlines()
    due = {name: float(moment) for name, moment in (line.split() for line in lines)}
    expected = Counter({name: TIMES if name.startswith("series") else 1 for name in due})
    first = min(due.values())

    _sleep_until(first + 6)
    product.kill_one(BEAT)
    _sleep_until(first + 12)
    product.kill_one(WORKER)
    _sleep_until(first + 16)
    product.start_again(WORKER)
    _sleep_until(first + 22)
    product.start_again(BEAT)

    ends = max(due.values()) + EVERY_S * TIMES + SLOWEST_S
    while len(arrivals) < expected.total() and time.time() < ends:
        time.sleep(0.1)
    time.sleep(7)  # a sweep and more: another message would come now
    by_key = {one.headers["idempotency-key"]: one.json["text"] for one in list(peer.requests)}
    assert Counter(text.removeprefix("⏰ ").split("\n")[0] for text in by_key.values()) == expected
    assert product.manage("shell", "-v", "0", "-c", COUNT).split() == [str(expected.total()), str(len(due))]
    late = [at - due[_name(by_key[key])] for key, at in arrivals.items() if "once" in by_key[key]]
    assert -0.1 <= min(late) <= max(late) < SLOWEST_S  # the clocks of two processes
    assert product.ended() == []
    repeated = len(peer.requests) - len(by_key)
    print(f"{len(by_key)} reminders, slowest {max(late):.1f} s late, {repeated} repeated with the same key")


def _name(text: str) -> str:
    return text.removeprefix("⏰ ").split("\n")[0]


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))
