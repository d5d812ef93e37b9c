"""Faults under load for the processes of the Procfile. `make test-faults` runs this."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests import load, outages
from tests.procfile import ProcfileProduct

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

RATE = 10.0
RECOVERED_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[outages.Postgres, outages.Redis]]:
    with outages.postgresql() as postgres, outages.redis() as redis:
        yield postgres, redis


@pytest.fixture(scope="module")
def running(
    servers: tuple[outages.Postgres, outages.Redis], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ProcfileProduct, load.Load]]:
    postgres, redis = servers
    product = ProcfileProduct(
        tmp_path_factory.mktemp("procfile"),
        load.settings(DATABASE_URL=postgres.url, REDIS_URL=redis.url),
    )
    with load.started(product, delay_s=0.3, chats=20) as messages:
        yield product, messages


@pytest.mark.parametrize("name", ["web killed", "workers killed", "beat killed", "PostgreSQL away", "Redis killed"])
def test_a_fault_under_load(
    name: str,
    running: tuple[ProcfileProduct, load.Load],
    servers: tuple[outages.Postgres, outages.Redis],
) -> None:
    (product, messages), (postgres, redis) = running, servers
    messages.begin(int(RATE * 10), RATE)
    time.sleep(3.0)
    match name:
        case "PostgreSQL away":
            postgres.stop()
            time.sleep(8.0)
            postgres.start()
        case "Redis killed":
            redis.kill()
            time.sleep(8.0)
            redis.start()
        case _:
            product.kill_all(name.split()[0].removesuffix("s"))
    ended = time.monotonic()
    messages.delivered(120)
    messages.answered_within(max(RECOVERED_WITHIN_S, ended + RECOVERED_WITHIN_S - time.monotonic()))
    messages.check()
    assert product.ended() == []
    print(f"{name}: {messages.sent} messages so far, slowest after {messages.slowest_since(ended):.1f} s")
