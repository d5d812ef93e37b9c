"""Measures remember and recall: `python benchmarks/recall.py [--rows 100,1000,10000] [--json FILE]`.

Runs in its own home, on invented turns. Milliseconds are CPU time of this process; wall-clock time is in brackets.
recall_quality.py measures quality; docs/memory.md has method and figures.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

WORDS = ["tea", "boat", "bread", "lamp", "fish", "garden", "sister", "brother", "doctor", "train", "ticket", "market"]
WORDS += ["winter", "summer", "river", "mountain", "guitar", "piano", "painting", "film", "kitchen", "window", "letter"]
WORDS += ["成都", "姐姐", "北京", "工作", "周末", "电影", "音乐", "天气", "旅行", "朋友"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def measured(work: Callable[[int], object], times: int) -> dict[str, float]:
    """Returns mean milliseconds per call: CPU time of the process, and wall clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    for i in range(times):
        work(i)
    return {
        "cpu_ms": round((time.process_time() - cpu) / times * 1000, 3),
        "wall_ms": round((time.perf_counter() - wall) / times * 1000, 3),
    }


def text(rng: random.Random, words: int = 14) -> str:
    return " ".join(rng.choices(WORDS, k=words)) + f" {rng.random():.9f}"


def run(sizes: list[int]) -> dict[str, Any]:
    import django

    django.setup()
    from django.apps import apps
    from django.core.management import call_command
    from django.db import transaction

    from memory import store
    from memory.embedders import current
    from memory.ranking import scan_cache
    from memory.types import Scope, Turn

    call_command("migrate", verbosity=0)
    rng = random.Random(7)
    bot = apps.get_model("bots", "Bot").objects.create(slug="bench", name="Bench")
    memory = store.MemoryStore(bot.pk)
    embedder = current.current()
    passages = [text(rng) for _ in range(64)]
    results: dict[str, Any] = {
        "embed one query": measured(lambda i: embedder.embed_queries([text(rng)]), 30),
        "embed one passage of 64": {
            k: round(v / 64, 3) for k, v in measured(lambda i: embedder.embed_passages(passages), 2).items()
        },
    }
    vector = embedder.embed_queries(["where does my sister live"])[0]
    for size in sizes:
        person = apps.get_model("bots", "Person").objects.create(bot=bot, key=f"p{size}")
        scope = Scope(bot.pk, person.pk)
        clock = iter(range(10**9))

        def turns(count: int, scope: Scope = scope, clock: Any = clock) -> list[Turn]:
            made = []
            for _ in range(count):
                number = next(clock)
                at = START + timedelta(minutes=number)
                role = "assistant" if number % 2 else "user"
                made.append(
                    Turn(scope.bot_id, scope.person_id, role, text(rng), at, session=str(number // 20), vector=vector)
                )  # fmt: skip
            return made

        with transaction.atomic():
            memory.remember(turns(size))

        def remember(_: int, memory: Any = memory, turns: Any = turns) -> None:
            with transaction.atomic():
                memory.remember(turns(2))

        def recall(_: int, scope: Scope = scope) -> None:
            memory.recall(scope, "where does my sister live")

        def cold(_: int, recall: Any = recall) -> None:
            store._scopes.clear()
            recall(0)

        def turn(_: int, remember: Any = remember, recall: Any = recall) -> None:
            remember(0)
            recall(0)

        recall(0)
        results[f"{size} rows: recall, nothing new"] = measured(recall, 50)
        results[f"{size} rows: remember 2 turns"] = measured(remember, 50)
        recall(0)
        results[f"{size} rows: remember 2 turns and recall"] = measured(turn, 50)
        results[f"{size} rows: first recall of a process"] = measured(cold, 3)
        with store._scopes.use(scope, current.passage_label(embedder), embedder.dimension) as index:
            results[f"{size} rows: cache"] = {"megabytes": round(index.nbytes / 2**20, 2)}
    results["cache bound"] = {"megabytes": scan_cache.MAX_BYTES / 2**20}
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="100,1000,10000")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "recall.json")
    options = parser.parse_args()
    root = Path(__file__).resolve().parent.parent
    sys.path.insert(0, str(root))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")
    with tempfile.TemporaryDirectory(prefix="clawdbot-bench-") as home:
        os.environ["CLAWDBOT_HOME"] = home
        results = run([int(size) for size in options.rows.split(",")])
    for name, values in results.items():
        shown = f"{values['cpu_ms']:9.2f} ms CPU ({values['wall_ms']:.2f})" if "cpu_ms" in values else f"{values}"
        print(f"{name:45} {shown}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=2) + "\n", "utf8")


if __name__ == "__main__":
    main()
