"""Looks for what grows without end: `python benchmarks/soak.py [--minutes 30] [--rate 3] [--sockets 4]`.

The real product (`manage.py serve`, embedded, two workers) answers Telegram webhooks while web chats are opened, asked
and closed. Every few seconds it samples memory, descriptors and threads of each process, and the write-ahead log.
Memory is that of the process alone. Mapped pages of files, as those of the database, are shown beside it.

The first third of the time, at most five minutes, is the warm-up. The rest is halved: a figure is flat when the mean of
its second half is at most 5 % above that of the first one. Rows are counted at both ends.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from tests import load
from tests.product import Product

EVERY_S = 5.0
LONGEST_WARM_UP_S = 300.0
TOLERANCE = 1.05
# Below these a change of 5 % says nothing.
SLACK = {"private_mb": 2.0, "descriptors": 2.0, "threads": 1.0, "wal_mb": 1.0}
GROWS_WITH_THE_DATABASE = "mapped_mb", "database_mb"
VERDICTS = {True: "flat", False: "GROWS", None: "with the database"}
TABLES = (
    "bots_inboundevent", "bots_outboundmessage", "bots_message", "bots_turnusage", "bots_conversation", "bots_person",
    "bots_statetransition", "bots_auditentry", "memory_memoryentry", "skills_skillrun", "django_session",
    "bots_channelhour", "bots_reservation", "bots_worker", "bots_lease", "django_celery_beat_periodictask",
)  # fmt: skip


@dataclass
class Samples:
    """Figures of the processes over time: by process and figure, pairs of seconds and value."""

    process: int
    home: Path
    values: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    began: float = field(default_factory=time.monotonic)

    def take(self) -> None:
        at = time.monotonic() - self.began
        main = psutil.Process(self.process)
        for number, one in enumerate([main, *sorted(main.children(recursive=True), key=lambda child: child.pid)]):
            with contextlib.suppress(psutil.NoSuchProcess):
                name = _name(one, number)
                memory = one.memory_info()
                # Pages of the database file that are mapped count as resident, too: they grow with the database.
                self.values[name, "private_mb"].append((at, (memory.rss - memory.shared) / 2**20))
                self.values[name, "mapped_mb"].append((at, memory.shared / 2**20))
                self.values[name, "descriptors"].append((at, one.num_fds()))
                self.values[name, "threads"].append((at, one.num_threads()))
        wal = sum(path.stat().st_size for path in self.home.glob("*.sqlite3-wal"))
        self.values["files", "wal_mb"].append((at, wal / 2**20))
        size = (self.home / "clawdbot.sqlite3").stat().st_size
        self.values["files", "database_mb"].append((at, size / 2**20))


def _name(process: psutil.Process, number: int) -> str:
    words = process.cmdline()
    role = next((word for word in ("serve", "worker", "beat", "poll", "modelserver") if word in words), process.name())
    return f"{number} {role}"


def visits(product: Product, stop: threading.Event, answered: list[int]) -> None:
    """Opens web chats one after the other; each asks once and closes, sometimes without waiting for the answer."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    token, dice = "", random.Random(threading.get_ident())
    while not stop.is_set():
        address = f"{product.url.replace('http', 'ws', 1)}/ws/chat/loaded/?visitor={token}"
        try:
            with connect(address, open_timeout=20, close_timeout=2) as socket:
                token = json.loads(socket.recv(20))["visitor"]
                socket.send(json.dumps({"type": "message", "text": "hello", "client_id": f"c{dice.random()}"}))
                if dice.random() < 0.8:
                    _read_answer(socket)
                    answered.append(1)
        except (OSError, WebSocketException, TimeoutError, KeyError):
            stop.wait(1.0)
        if dice.random() < 0.2:
            token = ""  # somebody else
        stop.wait(1.0 + dice.random())


def _read_answer(socket: Any) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if json.loads(socket.recv(30)).get("type") == "message":
            return


def rows(home: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(f"file:{home / 'clawdbot.sqlite3'}?mode=ro", uri=True)) as database:
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}


def verdicts(samples: Samples) -> Iterator[dict[str, Any]]:
    """Yields each figure with its means, its slope and whether it is flat."""
    for (process, figure), series in sorted(samples.values.items()):
        length = series[-1][0]
        begins = min(length / 3, LONGEST_WARM_UP_S)
        half = begins + (length - begins) / 2
        first = [value for at, value in series if begins <= at < half]
        second = [value for at, value in series if at >= half]
        if len(first) < 2 or len(second) < 2:
            continue  # a process that lived shortly
        one, two = statistics.fmean(first), statistics.fmean(second)
        settled = [(at, value) for at, value in series if at >= begins]
        slope = statistics.linear_regression(*zip(*settled, strict=True)).slope * 3600
        yield {
            "process": process,
            "figure": figure,
            "first": round(one, 1),
            "second": round(two, 1),
            "last": round(series[-1][1], 1),
            "most": round(max(value for _at, value in series), 1),
            "per_hour": round(slope, 1),
            "flat": None if figure in GROWS_WITH_THE_DATABASE else two <= max(one * TOLERANCE, one + SLACK[figure]),
        }


def soak(product: Product, options: argparse.Namespace) -> dict[str, Any]:
    seconds = options.minutes * 60
    with load.started(product, delay_s=0.05, chats=24) as run:
        assert product.process is not None
        stop, answered = threading.Event(), list[int]()
        threads = [
            threading.Thread(target=visits, args=(product, stop, answered), daemon=True) for _ in range(options.sockets)
        ]
        samples, before = Samples(product.process.pid, product.home), rows(product.home)
        for thread in threads:
            thread.start()
        run.begin(int(seconds * options.rate), options.rate)
        while time.monotonic() - samples.began < seconds:
            time.sleep(EVERY_S)
            samples.take()
        stop.set()
        run.delivered()
        took = run.answered_within(120)
        for thread in threads:
            thread.join(60)
        after = rows(product.home)
    turns = run.sent + len(answered)
    return {
        "minutes": options.minutes,
        "webhooks": run.sent,
        "web_answers": len(answered),
        "settled_s": round(took, 1),
        "figures": list(verdicts(samples)),
        "series": {" ".join(key): series for key, series in samples.values.items()},
        "rows_per_turn": {name: round((after[name] - before[name]) / turns, 3) for name in TABLES},
    }


def table(result: dict[str, Any]) -> None:
    print(f"{result['minutes']} minutes, {result['webhooks']} webhooks and {result['web_answers']} web chat answers")
    print(f"{'process':14} {'figure':12} {'1st half':>9} {'2nd half':>9} {'most':>9} {'an hour':>9}")
    for one in result["figures"]:
        numbers = " ".join(f"{one[name]:9.1f}" for name in ("first", "second", "most", "per_hour"))
        print(f"{one['process']:14} {one['figure']:12} {numbers}  {VERDICTS[one['flat']]}")
    print("rows a turn:", ", ".join(f"{name} {count}" for name, count in result["rows_per_turn"].items() if count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=3.0, help="webhooks a second")
    parser.add_argument("--sockets", type=int, default=4, help="web chats at a time")
    parser.add_argument("--semantic", action="store_true", help="with embeddings and vector recall")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "soak.json")
    options = parser.parse_args()
    more = {"CLAWDBOT_SEMANTIC_SEARCH__ENABLE": str(options.semantic).lower()}
    with tempfile.TemporaryDirectory(prefix="clawdbot-soak-") as folder:
        result = soak(Product(Path(folder) / "home", load.settings(**more)), options)
    table(result)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
