"""Measures recall at scale: `python benchmarks/recall_scale.py [--full] [--rows N] [--people N] [--json FILE]`.

Measures milliseconds of whole recalls, with the embedding of the question, on FAISS (SQLite) and on pgvector
(PostgreSQL), each in its own process and home. Rows and vectors are invented; every question is new, is embedded and
goes through MemoryStore.recall. Compares, in the same process on the same vectors: exact search by FAISS's flat index,
and mem0 with FAISS if it is installed (`pip install --target FOLDER mem0ai==2.2.1`, --mem0 FOLDER).

--full uses the sizes of the requirement: 100,000 rows of one person, 1,000,000 of 1,000 people, 1,000,000 of one.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
DATABASES = {"sqlite": "faiss", "postgresql": "pgvector"}
PER_PERSON = 1000
MEM0_ROWS = 200_000  # mem0 takes vectors as lists of Python floats: a million of them need 12 GB
Result = dict[str, Any]


def percentiles(milliseconds: list[float]) -> Result:
    return {f"p{p}": round(float(np.percentile(milliseconds, p)), 2) for p in (50, 95)}


def timed(work: Callable[[str], object], questions: list[str]) -> Result:
    """Returns wall-clock milliseconds of each call, and mean CPU milliseconds of this process."""
    found, cpu = [], time.process_time()
    for question in questions:
        started = time.perf_counter()
        work(question)
        found.append((time.perf_counter() - started) * 1000)
    return {**percentiles(found), "cpu_ms": round((time.process_time() - cpu) / len(questions) * 1000, 2)}


def megabytes() -> float:
    import psutil

    return round(float(psutil.Process().memory_info().rss) / 2**20, 1)


class Run:
    """Measures one database, size after size; rows of earlier sizes stay."""

    def __init__(self, questions: int, mem0: str = "") -> None:
        from django.apps import apps
        from django.core.management import call_command

        from benchmarks.recall_quality import fixtures
        from benchmarks.scale_data import Invented
        from memory.embedders import current
        from memory.store import MemoryStore

        call_command("migrate", verbosity=0)
        self._count = questions
        self.mem0 = mem0
        self._rng = random.Random(11)
        self.embedder = current.current()
        self.label = current.passage_label(self.embedder)
        self.invented = Invented(self.embedder, fixtures())
        self.bot = apps.get_model("bots", "Bot").objects.create(slug="bench", name="Bench")
        self.memory = MemoryStore(self.bot.pk)
        self._people = apps.get_model("bots", "Person").objects
        self._made = 0

    def questions(self) -> list[str]:
        """Returns new questions each time: the cache would answer the embedding of a known one."""
        return self.invented.questions(self._count)

    def person(self, rows: int) -> Any:
        from benchmarks import scale_data
        from memory import database
        from memory.types import Scope

        self._made += 1
        made = self._people.create(bot=self.bot, key=f"p{self._made}")
        adapt = database.connection().ops.adapt_datetimefield_value
        scale_data.load(scale_data.rows(self.invented, self.bot.pk, made.pk, rows, self.label, adapt))
        return Scope(self.bot.pk, made.pk)

    def embedding(self) -> Result:
        return timed(lambda question: self.embedder.embed_queries([question]), self.questions())

    def one_scope(self, rows: int) -> Result:
        """Measures one person with many rows."""
        from memory.indexes import build

        started = time.monotonic()
        scope = self.person(rows)
        loaded = time.monotonic()
        built = build.build(scope)
        result: Result = {
            "load_s": round(loaded - started, 1),
            "build_s": round(time.monotonic() - loaded, 1) if built else 0,
        }
        _settle()
        gc.collect()
        before = megabytes()
        for question in self.questions()[:10]:
            self.memory.recall(scope, question)
        result["rss_mb_added"] = round(megabytes() - before, 1)
        result["recall"] = timed(lambda question: self.memory.recall(scope, question), self.questions())
        result["embedding alone"] = self.embedding()
        result["found of exact ten"] = self._found(scope)
        result.update(compared(self, scope, rows))
        return result

    def many_scopes(self, people: int) -> Result:
        """Measures random people, so that nearly every recall is the first of its person in this process."""
        started = time.monotonic()
        scopes = [self.person(PER_PERSON) for _ in range(people)]
        result: Result = {"load_s": round(time.monotonic() - started, 1)}
        _settle()
        chosen = iter(self._rng.choices(scopes, k=self._count + 10))
        for question in self.questions()[:10]:
            self.memory.recall(next(chosen), question)
        result["recall"] = timed(lambda question: self.memory.recall(next(chosen), question), self.questions())
        result["embedding alone"] = self.embedding()
        result["rss_mb"] = megabytes()
        return result

    def _found(self, scope: Any) -> float:
        """Returns the part of the ten nearest vectors that the index finds."""
        ids, matrix = vectors_of(scope)
        shares = []
        for question in self.questions()[:30]:
            asked = self.embedder.embed_queries([question])[0]
            exact = {int(ids[i]) for i in np.argsort(-(matrix @ asked))[:10]}
            found = {pk for pk, _ in self.memory.vector_index.search(scope, asked, 10)}
            shares.append(len(found & exact) / 10)
        return round(float(np.mean(shares)), 3)


def vectors_of(scope: Any) -> tuple[Any, Any]:
    from memory.indexes import build
    from memory.indexes.statistics import chunks, unpack_vectors

    ids, parts = [], []
    space = build.space()
    for numbers, _, blobs in chunks(scope, space.labels, upto=2**62):
        ids.append(np.array(numbers))
        parts.append(unpack_vectors(blobs, space.dimension)[0].astype(np.float16))
    return np.concatenate(ids), np.concatenate(parts).astype(np.float32)


def compared(run: Run, scope: Any, rows: int) -> Result:
    """Measures exact flat search and mem0 on the same vectors, with embedding."""
    import faiss

    ids, matrix = vectors_of(scope)
    flat = faiss.IndexFlatIP(matrix.shape[1])
    flat.add(matrix)
    result: Result = {
        "exact flat search": timed(lambda q: flat.search(run.embedder.embed_queries([q]), 200), run.questions())
    }
    if rows > MEM0_ROWS:
        return result
    if run.mem0:
        sys.path.append(run.mem0)  # last, so that the product's packages win over those of mem0
    if importlib.util.find_spec("mem0"):
        from benchmarks.scale_mem0 import Mem0

        other = Mem0(run.embedder, ids, matrix)
        result["mem0ai, FAISS"] = timed(other.search, run.questions())
    return result


def _settle() -> None:
    """Runs the maintenance that the database would start by itself during the measurement."""
    from memory import database

    with database.connection().cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if database.vendor() == "postgresql" else "ANALYZE")


def inner(args: argparse.Namespace) -> Result:
    import django

    django.setup()
    run = Run(args.questions, args.mem0)
    results: Result = {}
    for rows in args.rows:
        results[f"{rows:,} rows of one person"] = run.one_scope(rows)
        print(json.dumps({k: v for k, v in results.items() if str(rows) in k.replace(",", "")}), file=sys.stderr)
    if args.people:
        results[f"{args.people * PER_PERSON:,} rows of {args.people:,} people"] = run.many_scopes(args.people)
    return results


def outer(args: argparse.Namespace, arguments: list[str]) -> Result:
    """Runs each database in its own process."""
    from tests.servers import postgresql

    results = {}
    for name in args.databases:
        with tempfile.TemporaryDirectory(prefix="clawdbot-scale-") as home:
            environment = {
                **os.environ,
                "CLAWDBOT_HOME": home,
                "CLAWDBOT_SEMANTIC_SEARCH__INDEX_TYPE": DATABASES[name],
                "DJANGO_SETTINGS_MODULE": "clawdbot_site.settings",
                "PYTHONPATH": str(ROOT),
                "OMP_NUM_THREADS": "1",
            }
            command = [sys.executable, __file__, "--inner", *arguments]
            if name == "postgresql":
                with postgresql(production=True) as address:
                    out = subprocess.check_output(command, env={**environment, "DATABASE_URL": address})
            else:
                out = subprocess.check_output(command, env=environment)
        results[f"{name}, {DATABASES[name]}"] = json.loads(out.splitlines()[-1])
    return results


def show(results: Result) -> None:
    for database, sizes in results.items():
        for size, found in sizes.items():
            print(f"\n{database}: {size}")
            for name, value in found.items():
                text = "  ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
                print(f"  {name:24}{text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--full", action="store_true", help="the sizes of the requirement; takes the better part of an hour"
    )
    parser.add_argument("--rows", default="", help="rows of one person, several separated by commas (default 30000)")
    parser.add_argument("--people", type=int, help=f"people with {PER_PERSON} rows each (default 50; 0: none)")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--databases", default=",".join(DATABASES))
    parser.add_argument("--mem0", default="", metavar="FOLDER", help="where mem0ai lies, if not in the environment")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "recall_scale.json")
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    default_rows, default_people = ("100000,1000000", 1000) if args.full else ("30000", 50)
    args.rows = [int(n) for n in (args.rows or default_rows).split(",") if int(n)]
    args.people = default_people if args.people is None else args.people
    args.databases = args.databases.split(",")
    sys.path.insert(0, str(ROOT))
    if args.inner:
        print(json.dumps(inner(args)))
        return
    results = outer(args, sys.argv[1:])
    show(results)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
