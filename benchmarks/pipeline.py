"""Measures a message from webhook to reply: `python benchmarks/pipeline.py [--seconds 20] [--semantic]`.

The real product (`manage.py serve`, embedded) answers signed Telegram webhooks through a model that answers at once.
The same run measures two limits on the same machine:

* bare: a loop without the product that makes only the necessary steps for each message: one call to the model, one call
  to the platform, and four durable commits (stored, claimed, answered, sent);
* model: the rate of the model endpoint alone, with as many threads.

Peers and load run in their own processes: they share the machine with the product but not its interpreter.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.peers import BotApi, StubModel
from tests.product import Product

SECRET = "benchmark-secret"
CHATS = 40
THREADS = 16


def peers(pipe: Any, sent: Any) -> None:
    """Serves both endpoints until the pipe closes."""
    api = BotApi()
    with api.server() as bot_api, StubModel().server() as model:
        pipe.send((bot_api.url, model.url))
        while not pipe.poll(0.05):
            sent.value = len(api.sent)


def post(connection: http.client.HTTPConnection, path: str, body: dict[str, Any], **headers: str) -> int:
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"} | headers)
    response = connection.getresponse()
    response.read()
    return response.status


def connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)


def repeat(seconds: float, work: Callable[[int], Callable[[], None]]) -> float:
    """Runs `work(thread)()` on all threads for this time; returns calls per second."""
    done = [0] * THREADS
    end = time.perf_counter() + seconds

    def run(number: int) -> None:
        once = work(number)
        while time.perf_counter() < end:
            once()
            done[number] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def model_limit(model_url: str, seconds: float) -> float:
    body = {"model": "stub", "messages": [{"role": "user", "content": "hello"}]}

    def work(_: int) -> Callable[[], None]:
        connection = connect(model_url)
        return lambda: void(post(connection, "/v1/chat/completions", body))

    return repeat(seconds, work)


def bare_limit(model_url: str, api_url: str, folder: Path, seconds: float) -> float:
    """Measures the limit "bare", see the top of this file."""
    path = folder / "bare.sqlite3"
    body = {"model": "stub", "messages": [{"role": "user", "content": "hello"}]}

    def work(number: int) -> Callable[[], None]:
        database = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, body TEXT)")
        to_model, to_api = connect(model_url), connect(api_url)

        def commit() -> None:
            database.execute("INSERT INTO t (body) VALUES (?)", ("x" * 500,))

        def once() -> None:
            commit()
            commit()
            post(to_model, "/v1/chat/completions", body)
            commit()
            post(to_api, "/bot1/sendMessage", {"chat_id": -number, "text": "x"})
            commit()

        return once

    return repeat(seconds, work)


def void(_: object) -> None:
    return


def load(url: str, seconds: float, rate: float, *, after: int = 0) -> tuple[int, list[float]]:
    """Posts `rate` updates per second; returns their number and the seconds of each 200.

    after: Ids up to this one were sent before; the product would drop them as duplicates.
    """
    parts = urlsplit(url)
    total = int(seconds * rate)
    numbers = iter(range(after + 1, after + total + 1))
    lock, took = threading.Lock(), []
    began = time.perf_counter()

    def run() -> None:
        connection = connect(url)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            time.sleep(max(0.0, began + (number - after) / rate - time.perf_counter()))
            chat = {"id": 7000 + number % CHATS, "first_name": "Chat", "type": "private"}
            text = f"message {number} of the benchmark"
            message = {"message_id": number, "date": 0, "text": text, "chat": chat, "from": chat | {"is_bot": False}}
            start = time.perf_counter()
            status = post(
                connection,
                parts.path,
                {"update_id": number, "message": message},
                **{"X-Telegram-Bot-Api-Secret-Token": SECRET},
            )
            if status == 200:
                took.append(time.perf_counter() - start)

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total, took


def product_figures(folder: Path, urls: tuple[str, str], sent: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Measures replies per second under overload, and acknowledgements under a low load."""
    api_url, model_url = urls
    settings = {"CLAWDBOT_MODEL_SERVER__ENABLE": "false"}
    settings["CLAWDBOT_SEMANTIC_SEARCH__ENABLE"] = str(options.semantic).lower()
    product = Product(folder / "home", settings)
    product.manage("migrate", "--verbosity", "0")
    product.manage("bot", "add", "bench")
    product.manage("provider", "add", "stub", "--endpoint", f"{model_url}/v1", "--model", "stub")
    values = {"token": "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0", "secret_token": SECRET, "base_url": api_url}
    settings_arguments = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
    path = product.manage_json("channel", "add", "telegram", "--bot", "bench", *settings_arguments)["webhook_path"]
    began = time.perf_counter()
    product.start()
    ready_s = time.perf_counter() - began
    try:
        before = sent.value
        sent_before, calm = load(product.url + path, min(10.0, options.seconds), 20)
        time.sleep(2)
        answered = sent.value
        began = time.perf_counter()
        total, _took = load(product.url + path, options.seconds, options.rate, after=sent_before)
        while sent.value < answered + total and time.perf_counter() - began < options.seconds * 6:
            time.sleep(0.05)
        took_s = time.perf_counter() - began
        lost = answered + total - sent.value
    finally:
        product.stop()
    calm.sort()
    return {
        "ready_s": round(ready_s, 1),
        "replies_per_s": round((sent.value - answered) / took_s, 1),
        "ack_p50_ms": round(statistics.median(calm) * 1000, 1),
        "ack_p99_ms": round(calm[int(len(calm) * 0.99)] * 1000, 1),
        "lost": lost,
        "answered": sent.value - before,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each measurement (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=150.0, help="webhooks a second, above what is answered")
    parser.add_argument("--semantic", action="store_true", help="with embeddings and vector recall")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/pipeline.json"))
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    sent = context.Value("i", 0)
    process = context.Process(target=peers, args=(theirs, sent), daemon=True)
    process.start()
    urls = mine.recv()
    with tempfile.TemporaryDirectory(prefix="clawdbot-bench-") as folder:
        result = product_figures(Path(folder), urls, sent, options)
        result["bare_per_s"] = round(bare_limit(urls[1], urls[0], Path(folder), min(10.0, options.seconds)), 1)
        result["model_per_s"] = round(model_limit(urls[1], min(5.0, options.seconds)), 1)
    mine.send("end")
    result["share_of_bare"] = round(result["replies_per_s"] / result["bare_per_s"], 3)
    result["semantic_search"] = options.semantic
    print("\n".join(f"{name:>16}  {value}" for name, value in result.items()))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
