"""Measures what a flood costs others: `python benchmarks/flood.py [--messages 120] [--flood 400] [--json FILE]`.

The product runs with two workers and is warm. Messages of sixty chats come at a steady pace, in alternation without and
with one person who sends hundreds of messages at once and has a limit of messages a minute. The figure is the p95 of
the others' waits with the flood, as a multiple of that without it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PER_S = 6.0
FLOODER = 99_000
PER_MINUTE = 10
TARGET = 1.5


def p95(waits: list[float]) -> float:
    values = sorted(waits)
    return values[int(len(values) * 0.95)]


def flood(load: Any, count: int, part: int) -> threading.Thread:
    """Sends messages of one person as fast as the product takes them."""
    from tests.load import SECRET

    def run() -> None:
        who = {"id": FLOODER, "first_name": "Flood"}
        for number in range(part * count, (part + 1) * count):
            message = {
                "message_id": number + 1, "date": 0, "text": f"flood {number}",
                "chat": who | {"type": "private"}, "from": who | {"is_bot": False},
            }  # fmt: skip
            raw = json.dumps({"update_id": 10_000_000 + number, "message": message}).encode()
            headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
            with urlopen(Request(load.product.url + load.path, raw, headers), timeout=60):
                pass

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def measure(messages: int, flooded: int, rounds: int) -> dict[str, Any]:
    from tests.load import prepared, settings
    from tests.product import Product

    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder) / "home", settings())
        with prepared(product, chats=60) as load:  # so each of the others stays below the limit
            product.manage("limit", "add", "person", "--bot", "loaded", "--messages", str(PER_MINUTE))
            try:
                product.start()
                waits: dict[bool, list[float]] = {False: [], True: []}
                known: set[int] = set()
                for number in range(-1, 2 * rounds):  # the first part warms up
                    is_flooded = number % 2 == 1 and number > 0
                    flooding = flood(load, flooded, number) if is_flooded else None
                    load.begin(messages, PER_S)
                    load.delivered()
                    load.answered_within(300)
                    if flooding is not None:
                        flooding.join(300)
                    new = {key: wait for key, wait in load.waits().items() if key not in known}
                    known |= set(new)
                    if number >= 0:
                        waits[is_flooded].extend(new.values())
                told = load.api.texts(str(FLOODER))
            finally:
                product.stop()
    without, with_ = p95(waits[False]), p95(waits[True])
    return {
        "p95_s": round(without, 3), "p95_with_flood_s": round(with_, 3), "ratio": round(with_ / without, 2),
        "rounds": rounds, "flood": flooded, "flooder_answers": len(told),
        "flooder_notices": sum("faster than I can answer" in text for text in told),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--messages", type=int, default=120)
    parser.add_argument("--flood", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    found = measure(options.messages, options.flood, options.rounds)
    print(json.dumps(found, indent=2))
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=2))
    if found["ratio"] > TARGET:
        raise SystemExit(f"a flood delays others {found['ratio']} times; the target is {TARGET}")


if __name__ == "__main__":
    main()
