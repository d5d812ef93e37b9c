"""A slow model holds nobody who needs none, and an outage of the model survives SIGKILL."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.http_server import Answer, Recorded, json_answer, serve
from tests.peers import BotApi, completion
from tests.product import Product
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SECRET = "outage-test-secret"
PROCESSES, THREADS = 2, 3
# With Redis the web process takes turns of platforms too.
SLOTS = (PROCESSES + bool(os.environ.get("REDIS_URL"))) * (THREADS - 1)


class Model:
    """An endpoint that holds its answers while `go` is clear, and fails while `down`."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.down = False
        self.now = self.most = 0
        self._lock = threading.Lock()

    def answer(self, request: Recorded) -> Answer:
        if self.down:
            return json_answer({"error": {"message": "overloaded"}}, 503)
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.go.wait(120)
        with self._lock:
            self.now -= 1
        return completion(f"You said: {request.json['messages'][-1]['content'].splitlines()[-1]}")


class Running:
    """The product with one Telegram channel."""

    def __init__(self, product: Product, path: str, api: BotApi, model: Model) -> None:
        self.product, self.path, self.api, self.model = product, path, api, model
        self._number = 0

    def say(self, chat: int, text: str) -> None:
        self._number += 1
        who = {"id": chat, "first_name": f"Chat{chat}"}
        message = {
            "message_id": self._number,
            "date": 0,
            "text": text,
            "chat": who | {"type": "private"},
            "from": who | {"is_bot": False},
        }
        raw = json.dumps({"update_id": self._number, "message": message}).encode()
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
        with urlopen(Request(self.product.url + self.path, raw, headers), timeout=60) as response:
            assert response.status == 200


class Visitor:
    """One visitor of the web chat on a socket of its own."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        assert self._next()["type"] == "hello"

    def _next(self, timeout_s: float = 60.0) -> dict[str, Any]:
        return dict(json.loads(self._socket.recv(timeout=timeout_s)))

    def say(self, text: str) -> None:
        self._number += 1
        self._socket.send(json.dumps({"type": "message", "text": text, "client_id": f"c{self._number}"}))

    def answer(self) -> str:
        """Returns the text of the next answer."""
        while (frame := self._next())["type"] != "message":
            pass
        return str(frame["text"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home: Path = tmp_path_factory.mktemp("slow") / "home"
    api, model = BotApi(), Model()
    settings = {
        "CLAWDBOT_MODEL_SERVER__ENABLE": "false",
        "CLAWDBOT_SEMANTIC_SEARCH__ENABLE": "false",
        "CLAWDBOT_WORKER__PROCESSES": str(PROCESSES),
        "CLAWDBOT_WORKER__THREADS": str(THREADS),
    }
    product = Product(home, settings)
    with api.server() as bot_api, serve(model.answer) as endpoint:
        product.migrate()
        product.manage("bot", "add", "slow")
        product.manage("provider", "add", "stub", "--endpoint", f"{endpoint.url}/v1", "--model", "stub")
        values = {"token": "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0", "secret_token": SECRET, "base_url": bot_api.url}
        options = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
        path = product.manage_json("channel", "add", "telegram", "--bot", "slow", *options)["webhook_path"]
        product.start()
        try:
            yield Running(product, path, api, model)
        finally:
            model.go.set()
            product.stop()


def test_commands_are_answered_while_slow_visitors_hold_every_slot(running: Running) -> None:
    api, model = running.api, running.model
    model.go.clear()
    visitors = range(100, 100 + 3 * SLOTS)
    for chat in visitors:
        running.say(chat, f"hello from {chat}")
    eventually(lambda: model.now == SLOTS)
    for chat in (1, 2, 3):
        for text in ("/status", "/stop"):
            began = time.monotonic()
            count = len(api.texts(str(chat)))
            running.say(chat, text)
            eventually(lambda chat=chat, count=count: len(api.texts(str(chat))) > count)  # type: ignore[misc]
            print(f"{text}: {time.monotonic() - began:.2f} s")
    assert model.most == SLOTS
    model.go.set()
    eventually(lambda: all(api.texts(str(chat)) for chat in visitors))
    assert [api.texts(str(chat)) for chat in visitors] == [[f"You said: hello from {chat}"] for chat in visitors]
    assert model.most == SLOTS


def test_visitors_of_the_web_chat_with_slow_answers_hold_nobody_else(running: Running) -> None:
    model, address = running.model, f"ws://127.0.0.1:{running.product.port}/ws/chat/slow/"
    model.go.clear()
    with contextlib.ExitStack() as opened:
        held = [Visitor(opened.enter_context(connect(address))) for _ in range(17)]
        for number, visitor in enumerate(held):
            visitor.say(f"hello from {number}")
        eventually(lambda: model.now >= THREADS - 1)
        other = Visitor(opened.enter_context(connect(address)))
        for text in ("/status", "/stop", "/help"):
            began = time.monotonic()
            other.say(text)
            other.answer()
            print(f"{text} of another visitor: {time.monotonic() - began:.2f} s")
        began = time.monotonic()
        held[0].say("/stop")
        assert held[0].answer() == "Stopped."
        print(f"/stop of a held visitor: {time.monotonic() - began:.2f} s")
        assert not model.go.is_set()
        model.go.set()
        assert [visitor.answer() for visitor in held[1:]] == [
            f"You said: hello from {number}" for number in range(1, 17)
        ]


def test_a_message_that_waits_for_the_model_survives_a_kill_and_is_answered_once(running: Running) -> None:
    api, model = running.api, running.model
    model.down = True
    running.say(501, "Are you there?")
    running.say(501, "And now?")
    eventually(lambda: running.product.manage("doctor", "--json").count('"messages"') == 1, 120)
    running.product.kill()
    running.product.start(model=False)
    running.say(502, "/status")
    eventually(lambda: api.texts("502"))
    assert api.texts("501") in ([], ["This takes longer than usual. I keep trying; /stop ends it."])
    model.down = False
    eventually(lambda: len([text for text in api.texts("501") if text.startswith("You said")]) == 2, 120)
    time.sleep(1.0)  # a late duplicate would arrive now
    answers = [text for text in api.texts("501") if not text.startswith("This takes longer")]
    assert answers == ["You said: Are you there?", "You said: And now?"]
