"""Faults under load on real servers: nothing is lost, doubled or out of order, and all is answered soon after.

`make test-faults` runs these. They need PostgreSQL and Redis from the wheels and some minutes.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import load, outages
from tests.product import Product

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

RATE = 12.0
BEFORE_S = 3.0
# After the fault is over, every message that was taken is answered within this time.
RECOVERED_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[outages.Postgres, outages.Redis]]:
    with outages.postgresql() as postgres, outages.redis() as redis:
        yield postgres, redis


@pytest.fixture(scope="module")
def messages(
    servers: tuple[outages.Postgres, outages.Redis], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[load.Load]:
    """The product on both servers; it survives all faults of this file, one after the other."""
    postgres, redis = servers
    settings = load.settings(DATABASE_URL=postgres.url, REDIS_URL=redis.url)
    with load.started(Product(tmp_path_factory.mktemp("faults"), settings), delay_s=0.4, chats=24) as found:
        yield found


def workers_of(product: Product) -> list[int]:
    """Returns the process ids of the workers."""
    assert product.process is not None
    main = product.process.pid
    children = Path(f"/proc/{main}/task/{main}/children").read_text("ascii").split()
    return [int(pid) for pid in children if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


class Fault:
    """The faults by name. Each returns when it is over."""

    def __init__(self, postgres: outages.Postgres, redis: outages.Redis, product: Product) -> None:
        self._postgres, self._redis, self._product = postgres, redis, product

    def redis_killed_for_a_minute(self) -> None:
        self._redis.kill()
        time.sleep(60.0)
        self._redis.start()

    def redis_restarted(self) -> None:
        self._redis.stop()
        self._redis.start()

    def redis_drops_its_clients(self) -> None:
        for _ in range(15):
            self._redis.drop_clients()
            time.sleep(0.2)

    def redis_flushed(self) -> None:
        for _ in range(5):
            self._redis.flush()
            time.sleep(0.3)

    def redis_frozen_for_eight_seconds(self) -> None:
        self._redis.freeze()
        time.sleep(8.0)
        self._redis.thaw()

    def postgresql_restarted(self) -> None:
        self._postgres.stop()
        self._postgres.start()

    def postgresql_away_for_a_minute(self) -> None:
        self._postgres.stop()
        time.sleep(60.0)
        self._postgres.start()

    def postmaster_killed(self) -> None:
        self._postgres.kill()
        time.sleep(3.0)
        self._postgres.start()

    def workers_killed(self) -> None:
        for pid in workers_of(self._product):
            os.kill(pid, signal.SIGKILL)


FAULTS = [name for name in vars(Fault) if not name.startswith("_")]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_under_load(name: str, messages: load.Load, servers: tuple[outages.Postgres, outages.Redis]) -> None:
    before = workers_of(messages.product)
    messages.begin(int(RATE * 12), RATE)
    time.sleep(BEFORE_S)
    getattr(Fault(*servers, messages.product), name)()
    ended = time.monotonic()
    messages.delivered(120)
    # The load may outlast the fault: its last messages need their own time.
    messages.answered_within(max(RECOVERED_WITHIN_S, ended + RECOVERED_WITHIN_S - time.monotonic()))
    messages.check()
    if name != "workers_killed":
        assert workers_of(messages.product) == before, "no worker ended"
    late = messages.slowest_since(ended)
    print(f"{name}: {messages.sent} messages so far, lost 0, doubled 0, out of order 0, slowest after {late:.1f} s")
    assert late <= RECOVERED_WITHIN_S
