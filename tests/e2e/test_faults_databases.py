"""The product on a PostgreSQL behind PgBouncer, and on one whose standby takes over under load."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests import load, outages, postgresql_kinds
from tests.product import Product

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

RATE = 10.0
COUNT = 120


def answered(messages: load.Load, name: str, ended: float, within_s: float = 30.0) -> None:
    messages.delivered(120)
    messages.answered_within(within_s + max(0.0, ended - time.monotonic()))
    messages.check()
    late = messages.slowest_since(ended)
    print(f"{name}: {messages.sent} messages, lost 0, doubled 0, out of order 0, slowest after {late:.1f} s")


@pytest.mark.skipif(postgresql_kinds.pgbouncer_binary() is None, reason="PgBouncer is not installed")
def test_pgbouncer_in_transaction_mode(tmp_path: Path) -> None:
    with postgresql_kinds.behind_pgbouncer() as url, outages.redis() as redis:
        settings = load.settings(DATABASE_URL=url, REDIS_URL=redis.url)
        with load.started(Product(tmp_path, settings), delay_s=0.0, chats=24) as messages:
            messages.begin(COUNT, RATE)
            answered(messages, "PgBouncer", time.monotonic())
            assert "Traceback" not in messages.product.log()


def test_the_standby_takes_over(tmp_path: Path) -> None:
    with postgresql_kinds.with_standby() as pair, outages.redis() as redis:
        settings = load.settings(DATABASE_URL=pair.url, REDIS_URL=redis.url)
        with load.started(Product(tmp_path, settings), delay_s=0.4, chats=24) as messages:
            messages.begin(COUNT, RATE)
            time.sleep(3.0)
            pair.fail_over()
            answered(messages, "failover", time.monotonic())
