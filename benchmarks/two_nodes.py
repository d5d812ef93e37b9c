"""Kills one of two nodes under load: `python benchmarks/two_nodes.py [--seconds 40] [--rate 8] [--sockets 12]`.

Each node has a home, a web server, two workers, a beat and a poller of its own. They share a PostgreSQL, a Redis and a
folder of uploads. Webhooks take turns between the nodes, and one that a node does not take goes to the other, as behind
a load balancer. After a third of the time every process of node A gets SIGKILL, and node B goes on. Web chats that were
open on A connect to B with their visitor's token.

All runs on this machine, so node B sees at once that the processes of A are gone. On two machines it sees it after 6 s
(leases) and 25 s (turns in progress): `--other-machine` makes it so here, with a PID namespace for node A (needs root).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests import load, outages
from tests.load import Load
from tests.nodes import Node, pid_of, seconds_until, share
from tests.polled_api import PolledApi

PROCESSES = ("web", "worker", "worker", "beat", "poll")
CHATS = 24
SETTLED_S = 90.0


@dataclass
class Visitor:
    """A web chat that asks every other second, and connects again when its connection ends."""

    urls: tuple[str, str]
    number: int
    stop: threading.Event
    asked: int = 0
    answers: dict[str, set[int]] = field(default_factory=dict)
    lost_at: float = 0.0
    reconnected_s: float = 0.0
    slowest_s: float = 0.0

    def run(self) -> None:
        from websockets.exceptions import WebSocketException

        place, token = self.number % 2, ""
        while not self.stop.is_set():
            try:
                token = self._chat(self.urls[place], token)
            except (OSError, WebSocketException, TimeoutError):
                self.lost_at = self.lost_at or time.monotonic()
                place = 1 - place
                time.sleep(0.3)

    def _chat(self, url: str, token: str) -> str:
        from websockets.sync.client import connect

        address = f"{url.replace('http', 'ws', 1)}/ws/chat/loaded/?visitor={token}"
        with connect(address, open_timeout=10, close_timeout=1) as socket:
            token = json.loads(socket.recv(30))["visitor"]
            if self.lost_at and not self.reconnected_s:
                self.reconnected_s = time.monotonic() - self.lost_at
            while not self.stop.wait(2.0):
                self._ask(socket)
        return token

    def _ask(self, socket: Any) -> None:
        """Asks the next question, or again the one that has no answer yet; the product knows it by its id."""
        name = f"v{self.number}-{self.asked}"
        began = time.monotonic()
        socket.send(json.dumps({"type": "message", "text": f"hello {name}", "client_id": f"client-{name}"}))
        while name not in self.answers:
            frame = json.loads(socket.recv(60))
            words = str(frame.get("text", "")).split()
            if frame.get("type") == "message" and words and frame.get("role") != "user":
                self.answers.setdefault(words[-1], set()).add(frame["id"])
        self.asked += 1
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)


@contextmanager
def cluster(folder: Path, *, other_machine: bool) -> Iterator[tuple[Node, Node, Load]]:
    with outages.postgresql() as postgres, outages.redis() as redis:
        settings = load.settings(DATABASE_URL=postgres.url, REDIS_URL=redis.url)
        first, second = (Node(folder / name, dict(settings), processes=PROCESSES) for name in ("a", "b"))
        if other_machine:
            first.prefix = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
        with load.prepared(first, chats=CHATS, api=PolledApi()) as messages:
            share(first.home, second.home)
            messages.urls = (first.url, second.url)
            try:
                for node in (first, second):
                    node.start_all()
                for node in (first, second):
                    seconds_until(node.is_ready, 300)
                yield first, second, messages
            finally:
                first.stop()
                second.stop()


def run(seconds: float, rate: float, sockets: int, *, other_machine: bool) -> dict[str, Any]:
    """Returns the figures of one kill."""
    folder = Path(tempfile.mkdtemp(prefix="clawdbot-nodes-"))
    try:
        with cluster(folder, other_machine=other_machine) as (first, second, messages):
            return _measure(first, second, messages, seconds, rate, sockets)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(first: Node, second: Node, messages: Load, seconds: float, rate: float, sockets: int) -> dict[str, Any]:
    stop = threading.Event()
    visitors = [Visitor((first.url, second.url), number, stop) for number in range(sockets)]
    threads = [threading.Thread(target=visitor.run, daemon=True) for visitor in visitors]
    for thread in threads:
        thread.start()
    led = {name: pid_of(duty) for name, duty in second.duties().items()}
    messages.begin(int(seconds * rate), rate)
    time.sleep(seconds / 3)
    killed = time.monotonic()
    first.kill_everything()
    takeover = {}
    mine, theirs = ({one.pid for one in node.running} for node in (first, second))
    for kind in ("beat", "poll"):
        name = next(name for name in led if name.partition(":")[0] == kind)
        if first.prefix or led[name] in mine:
            seconds_until(lambda name=name: pid_of(second.duties()[name]) in theirs, 60)
            takeover[kind] = round(time.monotonic() - killed, 1)
    messages.delivered(300)
    settled = time.monotonic() + SETTLED_S
    while len(set(messages.answers())) < messages.sent and time.monotonic() < settled:
        time.sleep(0.5)
    time.sleep(3.0)  # a late duplicate would arrive now
    stop.set()
    for thread in threads:
        thread.join(70)
    return figures(messages, visitors, killed) | {"takeover_s": takeover or "node B led already"}


def figures(messages: Load, visitors: list[Visitor], killed: float) -> dict[str, Any]:
    answered = Counter(messages.answers())
    disordered = 0
    for chat in range(load.FIRST_CHAT, load.FIRST_CHAT + messages.chats):
        order = [number for number in messages.answers() if load.FIRST_CHAT + number % messages.chats == chat]
        disordered += sum(later < earlier for earlier, later in pairwise(order))
    cut = [visitor for visitor in visitors if visitor.lost_at]
    return {
        "messages": messages.sent,
        "lost": messages.sent - len(answered),
        "doubled": sum(count - 1 for count in answered.values()),
        "out_of_order": disordered,
        "slowest_after_kill_s": round(messages.slowest_since(killed), 2),
        "sockets": len(visitors),
        "sockets_cut": len(cut),
        "sockets_reconnected": sum(bool(visitor.reconnected_s) for visitor in cut),
        "slowest_reconnect_s": round(max((visitor.reconnected_s for visitor in cut), default=0.0), 2),
        "web_questions": sum(visitor.asked for visitor in visitors),
        "web_doubled": sum(len(ids) - 1 for visitor in visitors for ids in visitor.answers.values()),
        "web_slowest_s": round(max((visitor.slowest_s for visitor in visitors), default=0.0), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--rate", type=float, default=8.0, help="messages per second")
    parser.add_argument("--sockets", type=int, default=12)
    parser.add_argument("--other-machine", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    found = run(options.seconds, options.rate, options.sockets, other_machine=options.other_machine)
    print(json.dumps(found, indent=2))
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=2), "utf8")
    if found["lost"] or found["doubled"] or found["out_of_order"] or found["web_doubled"]:
        raise SystemExit("messages were lost, doubled or out of order")


if __name__ == "__main__":
    main()
