"""Measures a broadcast to many people: `python benchmarks/broadcast.py [--people 100000] [--json FILE]`.

First the statements alone, with 1,000 people and with many: preview, release, a step at the beginning and at the end,
progress and stop, with their milliseconds, statements and peak memory. Then the running product: the pace that
arrives, answers to people with and without the broadcast in alternation, and how long after a stop messages still come.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
FEW = 1000
STEPS = 40
SLOWER, GROWS = 1.5, 2.0  # targets: answers beside a broadcast, and milliseconds with many people
TURNS_PER_S = 5.0
COUNTS_ALL = ("preview", "progress")  # pages that count everybody, so they grow with the people
MAKE = """
from bots.models import Broadcast, Bot
from bots.operations import broadcasts
row = Broadcast.objects.filter(name="bench").first() or Broadcast.objects.create(
    bot=Bot.objects.get(slug="crowd"), name="bench", text="closed", per_second={pace}, respect_quiet=False)
"""


class Crowd:
    """A bot whose people all have a private chat on a webhook channel."""

    def __init__(self, url: str) -> None:
        from bots.models import Bot, Channel, Conversation, Identity, Person

        self.bot = Bot.objects.create(name="Crowd", slug="crowd")
        self.channel = Channel(bot=self.bot, platform="webhook", name="crowd")
        self.channel.credentials = {"secret": "s" * 20, "reply_url": url}
        self.channel.save()
        self.person = Person.objects.create(bot=self.bot, key="first", language="en", time_zone="UTC")
        self.identity = Identity.objects.create(person=self.person, channel=self.channel, external_id="first")
        self.chat = Conversation.objects.create(bot=self.bot, channel=self.channel, person=self.person, chat_id="first")

    def grow(self, count: int) -> None:
        """Adds this number of people."""
        from growth import days_ago, replicate

        from bots.models import Person

        last = Person.objects.order_by("-pk").values_list("pk", flat=True)[0]
        key, person = f"'p' || ({last} + n)", f"{last} + n"
        replicate(self.person, count, key=key, display_name=key, last_seen_at=days_ago("n % 9999 / 100.0"))
        replicate(self.identity, count, external_id=key, person_id=person)
        replicate(self.chat, count, chat_id=key, person_id=person)


def figures(crowd: Crowd, people: int) -> dict[str, list[float]]:
    """Returns milliseconds, statements and peak memory in kB of each act."""
    from growth import replicate

    from bots.models import Broadcast, BroadcastPerson, OutboundMessage, Person
    from bots.operations import broadcasts
    from bots.reminders import broadcasting

    row = Broadcast.objects.create(bot=crowd.bot, name="x", text="closed", per_second=100, respect_quiet=False)
    found = {"preview": cost(lambda: broadcasts.preview(row))}
    found["release"] = cost(lambda: broadcasts.release(row, "command line"), rounds=1)

    def step() -> None:
        Broadcast.objects.filter(pk=row.pk).update(due_at="2020-01-01T00:00:00Z")
        broadcasting.step(row.pk)

    def sent() -> None:
        OutboundMessage.objects.open().update(state="sent")

    found["step, at the beginning"] = cost(step, between=sent)
    done = BroadcastPerson.objects.filter(broadcast=row).first()
    last = Person.objects.order_by("-pk").values_list("pk", flat=True)[0]
    first = BroadcastPerson.objects.order_by("-person_id").values_list("person_id", flat=True)[0]
    left = max(0, people - first - 8 * STEPS)
    if left:  # as if the steps between had been taken
        replicate(done, left, person_id=f"{first} + n", message_id="NULL")
        Broadcast.objects.filter(pk=row.pk).update(cursor=first + left, last_person=last)
    found["step, at the end"] = cost(step, between=sent)
    found["progress"] = cost(lambda: broadcasts.progress(row))
    found["sweep"] = cost(broadcasting.wake_due)
    step()
    found["stop"] = cost(lambda: broadcasts.stop(row, "command line"), rounds=1)
    return found


def cost(work: Callable[[], object], rounds: int = STEPS, between: Callable[[], object] | None = None) -> list[float]:
    """Returns the median milliseconds, the most statements and the peak memory in kB of a call."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
        if between:
            between()
        if sum(took) > 20_000:
            break
    if rounds == 1:
        return [round(took[0], 2), 0, 0]
    tracemalloc.start()
    with CaptureQueriesContext(connection) as statements:
        work()
    peak = tracemalloc.get_traced_memory()[1] / 1024
    tracemalloc.stop()
    if between:
        between()
    return [round(statistics.median(took), 2), len(statements), round(peak)]


def run_statements(people: int, url: str) -> dict[str, Any]:
    """Measures on the configured database, with few people and with many; leaves the many there."""
    import django

    django.setup()
    from django.db import connection

    from bots.pipeline.queue import wakeups

    wakeups.send = lambda *_args, **_options: None  # no worker runs here
    crowd = Crowd(url)
    crowd.grow(FEW)
    few = figures(crowd, FEW)
    began = time.perf_counter()
    crowd.grow(people - FEW)
    filled = time.perf_counter() - began
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    many = figures(crowd, people)
    return {
        "database": connection.vendor, "people": people, "fill_s": round(filled, 1),
        "acts": {name: [few[name], many[name]] for name in few},
    }  # fmt: skip


def run_product(product: Any, messages: Any, arrivals: list[float], pace: float, seconds: float) -> dict[str, Any]:
    """Alternates answers without and with the broadcast; stops it at the end of each round."""
    release = MAKE.format(pace=pace) + 'broadcasts.release(row, "command line")'
    stop = MAKE.format(pace=pace) + ('import time\nbroadcasts.stop(row, "command line")\nprint(time.time())')
    waits: dict[str, list[float]] = {"without": [], "with": []}
    paces, after = [], []
    answers_of(messages, seconds / 2)  # warms caches and connections
    for _ in range(2):
        waits["without"] += answers_of(messages, seconds)
        product.manage("shell", "-v", "0", "-c", release)
        began = time.time()
        waits["with"] += answers_of(messages, seconds)
        ended = time.time()
        paces.append(sum(began + 2 <= at <= ended for at in arrivals) / (ended - began - 2))
        stopped = float(product.manage("shell", "-v", "0", "-c", stop).split()[-1])
        time.sleep(8)
        after.append(max(arrivals) - stopped)
    without, with_ = (p95(waits[name]) for name in ("without", "with"))
    return {
        "pace": pace, "pace_kept": [round(one, 1) for one in paces], "arrived": len(arrivals),
        "answers": len(waits["with"]), "p95_without_ms": round(without * 1000), "p95_with_ms": round(with_ * 1000),
        "ratio": round(with_ / without, 2), "last_after_stop_s": [round(one, 2) for one in after],
    }  # fmt: skip


def answers_of(messages: Any, seconds: float) -> list[float]:
    """Sends messages for so long; returns the seconds to each answer."""
    first = messages.sent + 1
    messages.begin(int(seconds * TURNS_PER_S), TURNS_PER_S)
    messages.delivered()
    messages.answered_within(120)
    waits = messages.waits()
    return [waits[number] for number in range(first, messages.sent + 1)]


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def on_database(name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Runs both parts on one database, each in processes of its own."""
    from tests import load
    from tests.http_server import Answer, serve
    from tests.product import Product
    from tests.servers import postgresql

    arrivals: list[float] = []

    def respond(_request: Any) -> Answer:
        arrivals.append(time.time())
        return Answer()

    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="clawdbot-broadcast-"))
        database = {"DATABASE_URL": stack.enter_context(postgresql(production=True))} if name == "postgresql" else {}
        product = Product(Path(home) / "home", load.settings(CLAWDBOT_LOG__LEVEL="ERROR", **database))
        product.home.mkdir()
        peer = stack.enter_context(serve(respond))
        messages = stack.enter_context(load.prepared(product))
        command = [sys.executable, __file__, "--inner", peer.url, "--people", str(arguments.people)]
        environment = {
            **product.environment,
            "DJANGO_SETTINGS_MODULE": "clawdbot_site.settings",
            "PYTHONPATH": str(ROOT),
        }
        found = json.loads(subprocess.check_output(command, env=environment).splitlines()[-1])
        stack.callback(product.stop)
        product.start()
        found["product"] = run_product(product, messages, arrivals, arguments.pace, arguments.seconds)
    return found


def table(result: dict[str, Any]) -> None:
    print(f"{result['database']}: {FEW} and {result['people']} people (filled in {result['fill_s']} s)")
    print(f"{'':26}{'ms':>9}{'ms':>9}{'ratio':>7}{'statements':>12}{'kB':>14}")
    for name, ((few_ms, few_n, few_kb), (ms, n, kb)) in result["acts"].items():
        ratio = ms / max(few_ms, 0.01)
        high = "" if ratio <= GROWS or name in COUNTS_ALL else f"  above {GROWS}"
        print(f"{name:26}{few_ms:9.2f}{ms:9.2f}{ratio:7.2f}{few_n:6} {n:5}{few_kb:8} {kb:6}{high}")
    one = result["product"]
    print(
        f"pace {one['pace']:g}/s, arrived {one['pace_kept']}; answers p95 {one['p95_without_ms']} ms without, "
        f"{one['p95_with_ms']} ms with, ratio {one['ratio']}{'' if one['ratio'] <= SLOWER else f' above {SLOWER}'}; "
        f"last message after the stop {one['last_after_stop_s']} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--pace", type=float, default=5.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each part of a round")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "broadcast.json")
    parser.add_argument("--inner", metavar="URL", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inner:
        print(json.dumps(run_statements(arguments.people, arguments.inner)))
        return
    results = []
    for name in arguments.databases:
        results.append(on_database(name, arguments))
        table(results[-1])
    arguments.json.parent.mkdir(exist_ok=True)
    arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
