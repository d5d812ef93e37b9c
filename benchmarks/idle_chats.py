"""Measures the memory that idle web chats take: `python benchmarks/idle_chats.py [--chats 1000] [--json FILE]`.

The real product (`manage.py serve`, embedded) has one bot. Clients in a process of their own open chats one after the
other and then say nothing. The resident memory of all processes of the product is read before the first chat, with all
of them open, and after they have closed; then the same once more, which shows whether closed chats leave memory behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from tests import load
from tests.product import Product

AT_ONCE = 8  # connections that are being opened
SETTLE_S = 10.0
TARGET_MB = 300


def clients(pipe: Any, url: str, count: int) -> None:
    """Opens the chats, says how many are open, and closes them when told to."""
    _allow_descriptors(count)
    asyncio.run(_clients(pipe, url, count))


async def _clients(pipe: Any, url: str, count: int) -> None:
    from websockets.asyncio.client import connect

    gate, opened, refused = asyncio.Semaphore(AT_ONCE), [], []

    async def open_one() -> None:
        async with gate:
            try:
                socket = await connect(url, open_timeout=60, close_timeout=2, ping_interval=None)
                await asyncio.wait_for(socket.recv(), 60)
            except Exception as error:
                refused.append(type(error).__name__)
            else:
                opened.append(socket)

    await asyncio.gather(*(open_one() for _ in range(count)))
    pipe.send((len(opened), refused[:5]))
    await asyncio.to_thread(pipe.recv)
    still = sum(socket.state.name == "OPEN" for socket in opened)
    await asyncio.gather(*(socket.close() for socket in opened), return_exceptions=True)
    pipe.send(still)


def _allow_descriptors(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 500
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard > 0 else wanted, hard))


def memory_mb(product: Product) -> float:
    """Returns the median of a few readings of the resident memory of all processes."""
    assert product.process is not None
    main = psutil.Process(product.process.pid)
    readings = []
    for _number in range(5):
        found = [main, *main.children(recursive=True)]
        readings.append(sum(one.memory_info().rss for one in found) / 2**20)
        time.sleep(1)
    return statistics.median(readings)


def measure(folder: Path, count: int) -> dict[str, Any]:
    _allow_descriptors(count)  # the product inherits it
    product = Product(folder / "home", load.settings())
    product.migrate()
    product.manage("bot", "add", "idle")
    product.start(model=False)
    try:
        time.sleep(SETTLE_S)
        base = memory_mb(product)
        first, second = (_round(product, count, base) for _ in range(2))
    finally:
        product.stop()
    return {
        "base_mb": round(base, 1),
        **first,
        "kb_a_chat": round(first["over_base_mb"] * 1024 / max(first["chats"], 1), 1),
        "again_mb": second["over_base_mb"],
        "again_after_closing_mb": second["after_closing_mb"],
        "target_mb": TARGET_MB * count / 1000,
    }


def _round(product: Product, count: int, base: float) -> dict[str, Any]:
    """Opens the chats, leaves them idle and closes them."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    address = f"{product.url.replace('http', 'ws', 1)}/ws/chat/idle/"
    process = context.Process(target=clients, args=(theirs, address, count), daemon=True)
    began = time.monotonic()
    process.start()
    opened, refused = mine.recv()
    took = time.monotonic() - began
    time.sleep(SETTLE_S)
    full = memory_mb(product)
    mine.send("close")
    still = mine.recv()
    process.join(60)
    time.sleep(SETTLE_S)
    return {
        "chats": opened,
        "refused": refused,
        "open_at_the_end": still,
        "opened_in_s": round(took, 1),
        "over_base_mb": round(full - base, 1),
        "after_closing_mb": round(memory_mb(product) - base, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, default=1000)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "idle_chats.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clawdbot-idle-") as folder:
        result = measure(Path(folder), options.chats)
    print("\n".join(f"{name:>16}  {value}" for name, value in result.items()))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
