"""Measures the ledger: `python benchmarks/ledger.py [--calls 1000] [--processes 8] [--json FILE]`.

Eight processes make 1,000 calls of a real HTTP model at once, against a limit that has room for about half of them.
Then a turn with and without limits is measured in alternation, in one process. DATABASE_URL chooses the database.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
TOKENS = 150  # what the model reports for each call: a prompt of 55, of which the estimate without its margin is 15
REPLY = 100
BLOCK = 10  # turns in a row with limits, and without
WARM_UP = 40

CHILD = """
import os, sys, threading
import django; django.setup()
from django.db import connection, transaction
from bots.limits import batches
from bots.limits.payments import Payments
from bots.limits.rules import Owners
from bots.llm import complete
from bots.llm.errors import LimitReached
owners, done, refused, lock = Owners(int(os.environ["BOT"])), [], [], threading.Lock()
taken, take = [], batches.take
def counted(*given):
    batch = take(*given)
    taken.append(batch is not None)
    return batch
batches.take = counted
def work(calls):
    for _ in range(calls):
        payments = Payments()
        try:
            with payments.kept():
                question = [{"role": "user", "content": "What is a bot?"}]
                found = complete(question, owners=owners, max_tokens=100, payments=payments)
                with transaction.atomic():
                    payments.write()
            with lock: done.append(found.prompt_tokens + found.completion_tokens)
        except LimitReached:
            with lock: refused.append(1)
    connection.close()
calls, threads = int(os.environ["CALLS"]), int(os.environ["THREADS"])
workers = [threading.Thread(target=work, args=(calls // threads + (n < calls % threads),)) for n in range(threads)]
[one.start() for one in workers]; [one.join() for one in workers]
batches.end_unused(all_of_them=True)
print(len(done), sum(done), len(refused), sum(taken))
"""


def answer(_request: Any) -> Any:
    from tests.http_server import json_answer

    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "A program."}}
    usage = {"prompt_tokens": TOKENS - REPLY + 5, "completion_tokens": REPLY - 5}
    return json_answer({"model": "m", "choices": [choice], "usage": usage})


def race(bot: Any, calls: int, processes: int) -> dict[str, Any]:
    """Returns what the processes spent, and what the ledger says of it."""
    from bots.models import Balance, Limit, Reservation

    ceiling = calls // 2 * TOKENS
    Limit.objects.create(kind="bot", bot=bot, tokens_per_day=ceiling)
    threads = 8
    shares = [calls // processes + (number < calls % processes) for number in range(processes)]
    began = time.perf_counter()
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD],
            cwd=ROOT,
            env=os.environ | {"BOT": str(bot.pk), "CALLS": str(share), "THREADS": str(threads)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for share in shares
    ]
    outputs = [child.communicate(timeout=600)[0].split() for child in children]
    seconds = time.perf_counter() - began
    done, spent, refused, batched = (sum(int(output[place]) for output in outputs) for place in range(4))
    row = Balance.objects.get(kind="bot", unit="tokens")
    found = {
        "calls": done + refused, "answered": done, "out_of_batches": batched, "refused": refused,
        "limit": ceiling, "spent": spent, "ledger_spent": row.spent,
        "ledger_reserved": row.reserved, "reservations": Reservation.objects.count(),
        "seconds": round(seconds, 1),
    }  # fmt: skip
    Limit.objects.all().delete()
    kept = done + refused == calls and spent == row.spent and row.reserved == 0 == found["reservations"]
    if not kept or spent > ceiling + TOKENS:
        raise SystemExit(f"the ledger does not hold: {found}")
    return found


def turns(bot: Any, count: int) -> dict[str, Any]:
    """Returns the milliseconds of a turn without and with limits, and the ratio of turns a second."""
    from bots.limits import rules
    from bots.models import Limit
    from bots.pipeline import inbox
    from bots.pipeline.dispatch.dispatcher import MessageDispatcher
    from tests.builders import make_channel, make_event

    channel = make_channel(bot)
    took: dict[str, list[float]] = {"without": [], "with": []}
    for number in range(2 * count + WARM_UP):
        name = "with" if number // BLOCK % 2 else "without"
        if name == "with":
            Limit.objects.create(kind="bot", bot=bot, tokens_per_day=10**12, money_per_month=Decimal(10**8))
            Limit.objects.create(kind="person", bot=bot, messages_per_minute=10**6)
        rules.held.clear()
        rules.held.get()
        (row_id,) = inbox.accept(channel, [make_event(f"hello {number}", chat=f"chat-{number % 20}")]).accepted
        started = time.perf_counter()
        MessageDispatcher().process(row_id)
        if number >= WARM_UP:
            took[name].append((time.perf_counter() - started) * 1000)
        Limit.objects.all().delete()
    if not count:
        return {}
    without, with_ = (statistics.median(took[name]) for name in ("without", "with"))
    return {"turn_ms": round(without, 2), "turn_with_limits_ms": round(with_, 2), "ratio": round(without / with_, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--turns", type=int, default=300)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(
            CLAWDBOT_HOME=home,
            DJANGO_SETTINGS_MODULE="clawdbot_site.settings",
            CLAWDBOT_MODEL_SERVER__ENABLE="false",
            CLAWDBOT_SEMANTIC_SEARCH__ENABLE="false",
            CLAWDBOT_LOG__LEVEL="ERROR",
        )
        import django

        django.setup()
        from django.core.management import call_command

        from bots.models import ModelProvider
        from tests.builders import make_bot
        from tests.http_server import serve

        call_command("migrate", verbosity=0)
        bot = make_bot()
        with serve(answer) as server:
            ModelProvider.objects.create(
                name="bench", endpoint=f"{server.url}/v1", model="m", input_price=Decimal(1), output_price=Decimal(1)
            )
            figures = {"race": race(bot, options.calls, options.processes), "turns": turns(bot, options.turns)}
    print(json.dumps(figures, indent=2))
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
