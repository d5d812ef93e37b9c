"""Replies a second by number of workers: `python benchmarks/scale_workers.py [--workers 1 2 4] [--seconds 12]`.

The processes of deploy/Procfile (one web, beat, so many workers) on PostgreSQL and Redis answer Telegram webhooks that
come faster than they are answered. The same run measures the embedded product (SQLite, a server with two workers), and
for each number of workers a bare Celery task that makes the same database writes. All share the cores of one machine
with the databases and the load.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg

from benchmarks import bare_celery
from benchmarks.pipeline import load, peers
from tests import outages
from tests.load import settings
from tests.procfile import ProcfileProduct
from tests.product import ROOT, Product

SECRET = "benchmark-secret"
TOKEN = "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"


def prepare(product: Product, urls: tuple[str, str]) -> str:
    """Gives a product a bot, a model and a channel; returns the path of the webhook."""
    api_url, model_url = urls
    product.migrate()
    product.manage("bot", "add", "bench")
    product.manage("provider", "add", "stub", "--endpoint", f"{model_url}/v1", "--model", "stub")
    values = {"token": TOKEN, "secret_token": SECRET, "base_url": api_url}
    arguments = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
    return str(product.manage_json("channel", "add", "telegram", "--bot", "bench", *arguments)["webhook_path"])


def replies(product: Product, path: str, sent: Any, options: argparse.Namespace, after: int) -> tuple[float, int, int]:
    """Returns replies a second, how many messages were sent, and how many were lost."""
    warm, _took = load(product.url + path, 3, 10, after=after)
    time.sleep(3)
    before, began = sent.value, time.perf_counter()
    total, _took = load(product.url + path, options.seconds, options.rate, after=after + warm)
    while sent.value < before + total and time.perf_counter() - began < options.seconds * 10:
        time.sleep(0.05)
    took = time.perf_counter() - began
    return round((sent.value - before) / took, 1), warm + total, before + total - sent.value


@contextlib.contextmanager
def bare_workers(database: str, redis: str, count: int) -> Iterator[None]:
    environment = os.environ | {"BARE_DATABASE": database, "BARE_REDIS": redis, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "celery", "-A", "benchmarks.bare_celery", "worker", "-c", "8", "-l", "ERROR"]
    started = [
        subprocess.Popen([*command, "-n", f"bare{number}"], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        for number in range(count)
    ]
    try:
        yield
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait(30)


def bare(database: str, redis: str, workers: int, tasks: int) -> float:
    """Returns the bare tasks a second that so many worker processes do."""
    bare_celery.app.conf.broker_url = redis
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(bare_celery.SCHEMA)

        def done() -> int:
            row = connection.execute("SELECT count(*) FROM bare_sent WHERE state='sent'").fetchone()
            return int(row[0]) if row else 0

        with bare_workers(database, redis, workers):
            for number in range(20 * workers):
                bare_celery.turn.delay(-number - 1)
            deadline = time.monotonic() + 60
            while done() < 20 * workers and time.monotonic() < deadline:
                time.sleep(0.1)
            before, began = done(), time.perf_counter()
            for number in range(tasks):
                bare_celery.turn.delay(number)
            while done() < before + tasks and time.perf_counter() - began < 120:
                time.sleep(0.05)
            return round((done() - before) / (time.perf_counter() - began), 1)


def scaled(folder: Path, urls: tuple[str, str], sent: Any, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    with outages.postgresql() as postgres, outages.redis() as redis:
        product = ProcfileProduct(
            folder / "scaled", settings(DATABASE_URL=postgres.url, REDIS_URL=redis.url), processes=()
        )
        path, after = prepare(product, urls), 0
        for workers in options.workers:
            product.processes = ("web", "beat", *["worker"] * workers)
            product.start()
            try:
                rate, messages, lost = replies(product, path, sent, options, after)
            finally:
                product.stop()
            after += messages
            limit = bare(postgres.url, redis.url, workers, options.tasks)
            yield {
                "run": f"PostgreSQL + Redis, {workers} workers", "replies_per_s": rate, "lost": lost,
                "bare_per_s": limit, "share_of_bare": round(rate / limit, 3) if limit else None,
            }  # fmt: skip


def embedded(folder: Path, urls: tuple[str, str], sent: Any, options: argparse.Namespace) -> dict[str, Any]:
    product = Product(folder / "embedded", settings())
    path = prepare(product, urls)
    product.start()
    try:
        rate, _messages, lost = replies(product, path, sent, options, 0)
    finally:
        product.stop()
    return {"run": "embedded, SQLite", "replies_per_s": rate, "lost": lost}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--rate", type=float, default=150.0, help="webhooks a second, above what is answered")
    parser.add_argument("--tasks", type=int, default=2000, help="bare tasks")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "scale_workers.json")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    sent = context.Value("i", 0)
    context.Process(target=peers, args=(theirs, sent), daemon=True).start()
    urls, results = mine.recv(), []
    with tempfile.TemporaryDirectory(prefix="clawdbot-scale-") as folder:
        results.append(embedded(Path(folder), urls, sent, options))
        print(results[-1], flush=True)
        for found in scaled(Path(folder), urls, sent, options):
            results.append(found)
            print(found, flush=True)
    mine.send("end")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
