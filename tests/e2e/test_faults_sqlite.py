"""A locked database and a full disk under load, in an installation on SQLite. `make test-faults` runs this."""

from __future__ import annotations

import contextlib
import resource
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import load
from tests.product import Product

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

RATE = 10.0
RECOVERED_WITHIN_S = 30.0
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[load.Load]:
    product = Product(tmp_path_factory.mktemp("sqlite"), load.settings())
    with load.started(product, delay_s=0.3, chats=20) as found:
        yield found


def lock(product: Product) -> None:
    """Holds the write lock as a foreign program does, such as a backup."""
    with contextlib.closing(sqlite3.connect(product.home / "clawdbot.sqlite3", isolation_level=None)) as database:
        database.execute("PRAGMA busy_timeout=30000")
        database.execute("BEGIN EXCLUSIVE")
        time.sleep(12.0)
        database.execute("ROLLBACK")


def fill_the_disk(product: Product) -> None:
    """Lets no file of the product's processes grow beyond a few bytes, as on a full disk."""
    assert product.process is not None
    main = product.process.pid
    children = Path(f"/proc/{main}/task/{main}/children").read_text("ascii").split()
    pids = [main, *map(int, children)]
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
    time.sleep(8.0)
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, UNLIMITED)


@pytest.mark.parametrize("fault", [lock, fill_the_disk])
def test_a_fault_under_load(fault: object, messages: load.Load) -> None:
    messages.begin(int(RATE * 10), RATE)
    time.sleep(3.0)
    fault(messages.product)  # type: ignore[operator]
    ended = time.monotonic()
    messages.delivered(120)
    messages.answered_within(60)
    messages.check()
    late = messages.slowest_since(ended)
    name = getattr(fault, "__name__", "")
    print(f"{name}: {messages.sent} messages so far, lost 0, doubled 0, out of order 0, slowest after {late:.1f} s")
    assert late <= RECOVERED_WITHIN_S
