"""SIGKILL under load: no answer is lost, duplicated or out of order."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.peers import BotApi, StubModel
from tests.product import Product
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

CHATS = 12
MESSAGES = 120
RATE = 20.0
SECRET = "kill-test-secret"


def deliver_until_taken(product: Product, path: str, update: dict[str, object]) -> None:
    """Delivers an update until a 2xx, and sometimes once more, as the platform does."""
    raw = json.dumps(update).encode()
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
    taken = 0
    for _ in range(1500):
        try:
            with urlopen(Request(product.url + path, raw, headers), timeout=60) as response:
                taken += response.status == 200
        except (URLError, OSError):
            time.sleep(0.2)
        if taken >= random.choice((1, 1, 2)):
            return
    raise AssertionError("the update was never taken")


def update(number: int) -> dict[str, object]:
    chat = 7000 + number % CHATS
    who = {"id": chat, "first_name": f"Chat{chat}"}
    text = f"number={number} hello"
    message = {
        "message_id": number,
        "date": 0,
        "text": text,
        "chat": who | {"type": "private"},
        "from": who | {"is_bot": False},
    }
    return {"update_id": number, "message": message}


def load(product: Product, path: str) -> list[threading.Thread]:
    """Sends the updates of each chat in order, one after the other."""
    began = time.monotonic()

    def chat(first: int) -> None:
        for number in range(first, MESSAGES + 1, CHATS):
            time.sleep(max(0.0, began + number / RATE - time.monotonic()))
            deliver_until_taken(product, path, update(number))

    threads = [threading.Thread(target=chat, args=(first,), daemon=True) for first in range(1, CHATS + 1)]
    for thread in threads:
        thread.start()
    return threads


def test_killed_in_mid_load_nothing_is_lost_doubled_or_out_of_order(tmp_path: Path) -> None:
    api, model = BotApi(), StubModel(delay_s=0.05)
    product = Product(tmp_path / "home", {"CLAWDBOT_MODEL_SERVER__ENABLE": "false"})
    with api.server() as bot_api, model.server() as endpoint:
        product.manage("migrate", "--verbosity", "0")
        product.manage("bot", "add", "killed")
        product.manage("provider", "add", "stub", "--endpoint", f"{endpoint.url}/v1", "--model", "stub")
        values = {"token": "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0", "secret_token": SECRET, "base_url": bot_api.url}
        settings = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
        path = product.manage_json("channel", "add", "telegram", "--bot", "killed", *settings)["webhook_path"]
        api.fail_until = time.monotonic() + 3600
        product.start()
        try:
            api.fail_until = time.monotonic() + 1.5
            threads = load(product, path)
            for _ in range(2):
                time.sleep(2.0)
                product.kill()
                product.start()
            for thread in threads:
                thread.join(300)
                assert not thread.is_alive()
            eventually(lambda: len(api.sent) >= MESSAGES, 240)
            time.sleep(1.0)  # a late duplicate would arrive now
        finally:
            product.stop()
    numbers = [[int(n) for n in re.findall(r"number=(\d+)", text)] for text in (item.text for item in api.sent)]
    answered = [found[0] for found in numbers]
    assert sorted(answered) == list(range(1, MESSAGES + 1)), product.log()
    for chat in range(7000, 7000 + CHATS):
        order = [int(re.findall(r"number=(\d+)", text)[0]) for text in api.texts(str(chat))]
        assert order == sorted(order)
