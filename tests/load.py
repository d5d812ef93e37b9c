"""Telegram updates for the running product, delivered as the platform does, and a check of what came back."""

from __future__ import annotations

import contextlib
import json
import random
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.peers import BotApi, StubModel
from tests.product import Product
from tests.waiting import eventually

SECRET = "load-test-secret"
TOKEN = "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
FIRST_CHAT = 7000


@dataclass
class Load:
    """Numbered messages of several chats, and the answers of the bot.

    Attributes:
        product: The running product.
        api: The platform that gets the answers.
        path: The path of the channel's webhook.
        chats: Number of chats; message n belongs to chat n modulo this.
        urls: Addresses that take turns, as behind a load balancer; by default that of the product.
    """

    product: Product
    api: BotApi
    path: str
    chats: int = 12
    sent: int = 0
    taken_at: dict[int, float] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self, count: int, per_s: float) -> None:
        """Starts to send the next `count` messages; those of one chat go one after the other."""
        began, first = time.monotonic(), self.sent + 1
        self.sent += count

        def chat(start: int) -> None:
            for number in range(start, first + count, self.chats):
                time.sleep(max(0.0, began + (number - first) / per_s - time.monotonic()))
                self._deliver(number)

        starts = range(first, first + self.chats)
        new = [threading.Thread(target=chat, args=(start,), daemon=True) for start in starts]
        for thread in new:
            thread.start()
        self._threads += new

    def delivered(self, wait_s: float = 300.0) -> None:
        """Returns when the product has taken all messages."""
        for thread in self._threads:
            thread.join(wait_s)
            assert not thread.is_alive(), self.product.log()
        self._threads.clear()

    def answered_within(self, wait_s: float) -> float:
        """Returns the seconds until every message had its answer."""
        began = time.monotonic()
        try:
            eventually(lambda: len(self.answers()) >= self.sent, wait_s)
        except AssertionError:
            missing = sorted(set(range(1, self.sent + 1)) - set(self.answers()))
            rows = unsettled(self.product)
            raise AssertionError(
                f"after {wait_s:g} s without answer: {missing}\n{rows}\n{self.product.log()}"
            ) from None
        return time.monotonic() - began

    def every_chat_is_answered(self, wait_s: float = 60.0) -> None:
        """Returns when each chat has an answer: from then on no refusal that the platform gave before is unread."""
        eventually(lambda: len({number % self.chats for number in self.answers()}) == self.chats, wait_s)

    def answers(self) -> list[int]:
        """Returns the number of each answered message, in order of the answers."""
        with self.api.lock:
            return [number for item in self.api.sent for number in _numbers(item.text)[:1]]

    def slowest_since(self, moment: float) -> float:
        """Returns the longest wait for an answer, in seconds, counted from when the message was taken or `moment`."""
        return max(at - max(self.taken_at[number], moment) for number, at in self._arrived().items())

    def waits(self) -> dict[int, float]:
        """Returns the seconds from when each message was taken to its answer, by number."""
        return {number: at - self.taken_at[number] for number, at in self._arrived().items()}

    def _arrived(self) -> dict[int, float]:
        with self.api.lock:
            return {number: item.at for item in self.api.sent for number in _numbers(item.text)[:1]}

    def check(self) -> None:
        """Fails when an answer is missing, doubled or out of order."""
        time.sleep(1.0)  # a late duplicate would arrive now
        answered = self.answers()
        assert sorted(answered) == list(range(1, self.sent + 1)), self.product.log()
        for chat in range(FIRST_CHAT, FIRST_CHAT + self.chats):
            order = [number for text in self.api.texts(str(chat)) for number in _numbers(text)[:1]]
            assert order == sorted(order), f"chat {chat}: {order}"

    def _deliver(self, number: int) -> None:
        """Delivers an update until a 2xx, and sometimes once more, as the platform does."""
        raw = json.dumps(self._update(number)).encode()
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
        taken, urls = 0, self.urls or (self.product.url,)
        for attempt in range(1500):
            url = urls[(number + attempt) % len(urls)]
            try:
                with urlopen(Request(url + self.path, raw, headers), timeout=60) as response:
                    taken += response.status == 200
            except (URLError, OSError):
                time.sleep(0.2)
            if taken >= random.choice((1, 1, 2)):
                self.taken_at[number] = time.monotonic()
                return
        raise AssertionError("the update was never taken")

    def _update(self, number: int) -> dict[str, object]:
        chat = FIRST_CHAT + number % self.chats
        who = {"id": chat, "first_name": f"Chat{chat}"}
        message = {
            "message_id": number,
            "date": 0,
            "text": f"number={number} hello",
            "chat": who | {"type": "private"},
            "from": who | {"is_bot": False},
        }
        return {"update_id": number, "message": message}


def settings(**more: str) -> dict[str, str]:
    """Returns the settings of a product under load: two workers, no model of its own, no embeddings."""
    return {
        "CLAWDBOT_MODEL_SERVER__ENABLE": "false",
        "CLAWDBOT_SEMANTIC_SEARCH__ENABLE": "false",
        "CLAWDBOT_WORKER__PROCESSES": "2",
    } | more


def unsettled(product: Product) -> list[tuple[object, ...]]:
    """Returns what the queues of a product on SQLite hold that is neither done nor sent, to explain a failure."""
    found: list[tuple[object, ...]] = []
    for file in product.home.glob("clawdbot.sqlite3"):
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            for table, ended in (("bots_inboundevent", "done"), ("bots_outboundmessage", "sent")):
                statement = f"SELECT '{table}', id, state, attempts, error FROM {table} WHERE state <> ?"
                found += database.execute(statement, (ended,)).fetchall()
    return found


def _numbers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"number=(\d+)", text)]


@contextlib.contextmanager
def prepared(product: Product, *, delay_s: float = 0.05, chats: int = 12, api: BotApi | None = None) -> Iterator[Load]:
    """Gives a product that is not started yet a bot, a model and a Telegram channel; yields their load."""
    api, model = api or BotApi(), StubModel(delay_s=delay_s)
    with api.server() as bot_api, model.server() as endpoint:
        product.migrate()
        product.manage("bot", "add", "loaded")
        product.manage("provider", "add", "stub", "--endpoint", f"{endpoint.url}/v1", "--model", "stub")
        values = {"token": TOKEN, "secret_token": SECRET, "base_url": bot_api.url}
        options = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
        path = product.manage_json("channel", "add", "telegram", "--bot", "loaded", *options)["webhook_path"]
        yield Load(product, api, path, chats)


@contextlib.contextmanager
def started(product: Product, *, delay_s: float, chats: int) -> Iterator[Load]:
    """Starts a prepared product, and stops it at the end."""
    with prepared(product, delay_s=delay_s, chats=chats) as found:
        try:
            product.start()
            yield found
        finally:
            product.stop()
