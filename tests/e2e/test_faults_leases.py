"""Two nodes with a beat, a poller and a worker each: one leads, the other takes over, and nothing is doubled.

`make test-faults` runs this. Each fault hits the processes that lead at that moment, under a load of polled messages
and with a task that is due every other second.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import psycopg
import pytest
import redis

from tests import load, outages
from tests.cut_off import CutOff, in_front_of
from tests.load import Load
from tests.nodes import Node, seconds_until, share
from tests.peers import StubModel
from tests.polled_api import PolledApi
from tests.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

PROCESSES = ("beat", "poll", "worker")
TAKEN_OVER_WITHIN_S = 10.0
PER_S, CHATS = 4.0, 8
KILLS = 4  # of beats
# A queue that no worker serves keeps what beats send: each message is one run.
COUNTED = """
from django_celery_beat.models import IntervalSchedule, PeriodicTask
often, _ = IntervalSchedule.objects.get_or_create(every=2, period="seconds")
PeriodicTask.objects.create(name="counted", task="bots.sweep", interval=often, queue="counted")
"""
LEADER = "SELECT holder FROM bots_lease WHERE name LIKE %s AND released_at IS NULL AND expires_at > clock_timestamp()"
RUNS = "SELECT total_run_count FROM django_celery_beat_periodictask WHERE name = 'counted'"
BEATING = "SELECT pid FROM bots_worker WHERE role = %s AND beat_at > clock_timestamp() - interval '20 s'"


@dataclass
class Cluster:
    """Two nodes, their messages, and the network of the first one to the database."""

    nodes: tuple[Node, Node]
    messages: Load
    network: CutOff
    broker: redis.Redis
    database: psycopg.Connection

    def leader(self, kind: str) -> int:
        """Returns the process id of who does this duty; 0 while nobody does."""
        found = self.database.execute(LEADER, (f"{kind}%",)).fetchone()
        return int(found[0].rpartition(":")[2]) if found else 0

    def node_of(self, pid: int) -> Node:
        return next(node for node in self.nodes if pid in [one.pid for one in node.running])

    def say(self, seconds: float) -> None:
        """People write for so long."""
        for _ in range(int(seconds * PER_S)):
            self.messages.sent += 1
            number = self.messages.sent
            self.messages.taken_at[number] = time.monotonic()
            api = self.messages.api
            assert isinstance(api, PolledApi)
            api.say(self.messages._update(number))
            time.sleep(1 / PER_S)

    def sent_tasks(self) -> int:
        return int(self.broker.llen("clawdbot:counted"))

    def stored_runs(self) -> int:
        found = self.database.execute(RUNS).fetchone()
        assert found is not None
        return int(found[0])

    def alive(self, role: str) -> int:
        """Returns the number of processes of this role that have a fresh heartbeat."""
        running = {one.pid for node in self.nodes for one in node.running}
        return len(running & {pid for (pid,) in self.database.execute(BEATING, (role,))})

    def check(self) -> None:
        """Fails when a message is unanswered, answered twice or out of order, or a task was sent twice."""
        self.messages.answered_within(120.0)
        self.messages.check()
        # A run is stored before it is sent: each kill may cost one, and none is sent twice.
        eventually(lambda: 0 <= self.stored_runs() - self.sent_tasks() <= KILLS, 10.0)


def _node(home: Path, database: str, broker: str) -> Node:
    return Node(home, load.settings(DATABASE_URL=database, REDIS_URL=broker), processes=PROCESSES)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    api, model = PolledApi(longest_s=20.0), StubModel(delay_s=0.05)
    with outages.postgresql() as postgres, outages.redis() as broker, api.server() as bot_api, model.server() as end:
        folder = unquote(postgres.url.partition("@")[2].partition("/")[0])
        with in_front_of(str(next(Path(folder).glob(".s.PGSQL.*[0-9]")))) as network:
            first = _node(
                tmp_path_factory.mktemp("a"), f"postgresql://postgres@127.0.0.1:{network.port}/postgres", broker.url
            )
            second = _node(
                tmp_path_factory.mktemp("b"), f"postgresql://postgres@{quote(folder, safe='')}/postgres", broker.url
            )
            first.migrate()
            share(first.home, second.home)
            second.manage("bot", "add", "loaded")
            second.manage("provider", "add", "stub", "--endpoint", f"{end.url}/v1", "--model", "stub")
            values = {"token": load.TOKEN, "secret_token": load.SECRET, "base_url": bot_api.url}
            options = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
            second.manage("channel", "add", "telegram", "--bot", "loaded", *options)
            first.console.close()
            first.console = None
            with redis.Redis.from_url(broker.url) as client, psycopg.connect(postgres.url, autocommit=True) as database:
                found = Cluster((first, second), Load(second, api, "", CHATS), network, client, database)
                try:
                    for node in found.nodes:
                        node.start_all()
                    seconds_until(lambda: found.leader("beat") and found.leader("poll"), 120)
                    second.manage("shell", "-c", COUNTED)
                    seconds_until(lambda: found.sent_tasks() > 1, 60)
                    _both_wait(found)
                    yield found
                finally:
                    network.mend()
                    for node in found.nodes:
                        node.signal(signal.SIGCONT)
                        node.stop()


def _both_wait(cluster: Cluster) -> None:
    """Returns when each duty has a standby, so that the next fault finds both nodes at work."""
    seconds_until(lambda: all(cluster.alive(role) >= 2 and cluster.leader(role) for role in ("beat", "poll")), 120)


def _takeover(cluster: Cluster, kind: str, former: int) -> float:
    return seconds_until(lambda: cluster.leader(kind) not in (0, former), 60)


def test_the_leaders_are_killed(cluster: Cluster) -> None:
    for kind in ("beat", "poll"):
        leader = cluster.leader(kind)
        node = cluster.node_of(leader)
        cluster.say(3)
        node.kill_one(node.processes.index(kind))
        taken_s = _takeover(cluster, kind, leader)
        cluster.say(3)
        print(f"{kind} killed: taken over after {taken_s:.1f} s")
        assert taken_s <= TAKEN_OVER_WITHIN_S
        node.start_again(node.processes.index(kind))
    cluster.check()
    _both_wait(cluster)


def test_the_leaders_are_paused_for_fifteen_seconds(cluster: Cluster) -> None:
    """A paused process is alive, so only the expiry of its lease tells: so it is with a machine that is gone."""
    for kind in ("beat", "poll"):
        leader = cluster.leader(kind)
        node = cluster.node_of(leader)
        cluster.say(2)
        node.signal(signal.SIGSTOP, kind)
        began = time.monotonic()
        taken_s = _takeover(cluster, kind, leader)
        cluster.say(max(2.0, 15.0 - (time.monotonic() - began)))
        node.signal(signal.SIGCONT, kind)
        cluster.say(4)
        print(f"{kind} paused: taken over after {taken_s:.1f} s")
        assert taken_s <= TAKEN_OVER_WITHIN_S
        assert cluster.leader(kind) not in (0, leader), "the former leader has noticed that it is none"
    cluster.check()


def test_a_node_that_is_cut_off_from_the_database_stops(cluster: Cluster) -> None:
    cut, other = cluster.nodes
    for kind in ("beat", "poll"):  # all duties to the node whose network is cut
        if cluster.node_of(leader := cluster.leader(kind)) is other:
            place = other.processes.index(kind)
            other.kill_one(place)
            _takeover(cluster, kind, leader)
            other.start_again(place)
    _both_wait(cluster)
    former = {kind: cluster.leader(kind) for kind in ("beat", "poll")}
    assert {cluster.node_of(pid).home for pid in former.values()} == {cut.home}
    cluster.say(2)
    cluster.network.cut()
    try:
        _while_it_is_cut_off(cluster, former)
    finally:
        cluster.network.mend()
    cluster.say(6)
    cluster.check()
    assert cut.ended() == [], "no process has ended"


def _while_it_is_cut_off(cluster: Cluster, former: dict[str, int]) -> None:
    for kind, leader in former.items():
        taken_s = _takeover(cluster, kind, leader)
        print(f"{kind} cut off: taken over after {taken_s:.1f} s")
        assert taken_s <= TAKEN_OVER_WITHIN_S
    cluster.say(12)
    api = cluster.messages.api
    assert isinstance(api, PolledApi)
    conflicts = api.conflicts
    cluster.say(6)
    assert api.conflicts == conflicts, "the node that is cut off polls no longer"


def test_an_orderly_stop_hands_over_at_once(cluster: Cluster) -> None:
    for kind in ("beat", "poll"):
        _both_wait(cluster)
        leader = cluster.leader(kind)
        node = cluster.node_of(leader)
        place = node.processes.index(kind)
        node.signal(signal.SIGTERM, kind)
        taken_s = _takeover(cluster, kind, leader)
        print(f"{kind} stopped: taken over after {taken_s:.1f} s")
        assert taken_s <= 4.0
        node.running[place].wait(30)
        node.start_again(place)
    cluster.say(2)
    cluster.check()
