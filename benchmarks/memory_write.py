"""Measures memory writes: `python benchmarks/memory_write.py [--turns N] [--writers N] [--texts N] [--json FILE]`.

Counts turns stored per second on SQLite and on PostgreSQL, without embedding. Each turn has its own transaction; the
writers are one process, then several processes for several people. Then counts texts embedded per second through the
whole path (claim, embed, store) and, in the same run, by the embedder alone.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = ["tea", "boat", "bread", "lamp", "fish", "garden", "sister", "brother", "doctor", "train", "ticket", "market"]
Result = dict[str, Any]


def text(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=14)) + f" {rng.random():.9f}"


def scope_of(key: str) -> Any:
    from django.apps import apps

    from memory.types import Scope

    bot, _ = apps.get_model("bots", "Bot").objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    person, _ = apps.get_model("bots", "Person").objects.get_or_create(bot=bot, key=key)
    return Scope(bot.pk, person.pk)


def write(key: str, turns: int) -> float:
    """Stores turns one by one, each committed; returns seconds."""
    from memory import database
    from memory.store import MemoryStore
    from memory.types import Turn

    rng = random.Random(key)
    scope = scope_of(key)
    memory = MemoryStore(scope.bot_id)
    texts = [text(rng) for _ in range(turns)]
    started = time.perf_counter()
    for number, said in enumerate(texts):
        at = START + timedelta(minutes=number)
        with database.atomic():
            memory.remember([Turn(scope.bot_id, scope.person_id, "user", said, at, session=str(number // 20))])
    return time.perf_counter() - started


def _writer(key: str, turns: int, ready: Any, go: Any) -> None:
    import django

    django.setup()
    scope_of(key)
    ready.release()
    go.wait()
    write(key, turns)


def several(writers: int, turns: int) -> Result:
    """Runs several writers at once; returns their common rate from the common start to the last end."""
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    processes = [context.Process(target=_writer, args=(f"w{n}", turns // writers, ready, go)) for n in range(writers)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    started = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    return rate(turns // writers * writers, time.perf_counter() - started)


def rate(count: int, seconds: float) -> Result:
    return {"per_second": round(count / seconds, 1), "count": count}


def embedding(texts: int) -> Result:
    """Measures path and embedder with all cores on the same passages; the embedder before and after, as load varies."""
    from memory.embedders import current
    from memory.models import MemoryEntry
    from memory.storage import embedding_backfill
    from memory.storage.passages import Embeddable, passages

    current.use_all_cores()
    embedder = current.current()
    write("embedded", texts)
    rows = MemoryEntry.objects.filter(person__key="embedded").values_list(*Embeddable._fields)
    made = passages([Embeddable(*values) for values in rows])
    embedder.embed_passages(made[:32])
    started = time.perf_counter()
    embedder.embed_passages(made)
    alone = time.perf_counter() - started
    started = time.perf_counter()
    done = embedding_backfill.embed_waiting(only=lambda rows: rows.filter(person__key="embedded"), limit=texts)
    through = time.perf_counter() - started
    started = time.perf_counter()
    embedder.embed_passages(made)
    alone = (alone + time.perf_counter() - started) / 2
    share = (done / through) / (texts / alone)
    return {"embedder_per_second": round(texts / alone, 1), **rate(done, through), "share": round(share, 3)}


def inner(args: argparse.Namespace) -> Result:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    write("warm", 20)
    return {
        "one writer": rate(args.turns, write("alone", args.turns)),
        f"{args.writers} writers": several(args.writers, args.turns),
        "embedding": embedding(args.texts),
    }


def outer(args: argparse.Namespace, arguments: list[str]) -> Result:
    """Runs each database in its own process and home."""
    from tests.servers import postgresql

    results: Result = {}
    command = [sys.executable, __file__, "--inner", *arguments]
    for name in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="clawdbot-write-") as home:
            environment = {
                **os.environ, "CLAWDBOT_HOME": home, "DJANGO_SETTINGS_MODULE": "clawdbot_site.settings",
                "PYTHONPATH": str(ROOT), "CLAWDBOT_LOG__LEVEL": "ERROR",
            }  # fmt: skip
            if name == "postgresql":
                with postgresql(production=True) as address:
                    out = subprocess.check_output(command, env={**environment, "DATABASE_URL": address})
            else:
                out = subprocess.check_output(command, env=environment)
        results[name] = json.loads(out.splitlines()[-1])
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "memory_write.json")
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if args.inner:
        print(json.dumps(inner(args)))
        return
    results = outer(args, sys.argv[1:])
    for name, found in results.items():
        for what, values in found.items():
            print(f"{name:12}{what:14}" + "  ".join(f"{k} {v}" for k, v in values.items()))
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
