"""Wake-ups: every task name is registered, the loopback carries them, and one row is woken once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app

from bots.pipeline.queue import loopback, wakeups
from bots.runtime.turn_pool import TurnPool
from memory.storage.wakeups import TASK_NAMES as MEMORY_TASK_NAMES
from tests.waiting import eventually

pytestmark = pytest.mark.databases


def test_every_task_that_is_sent_by_name_is_registered() -> None:
    current_app.loader.import_default_modules()
    for name in (*wakeups.TASK_NAMES, *MEMORY_TASK_NAMES, "bots.sweep"):
        assert name in current_app.tasks


def test_turns_of_the_web_chat_stay_where_the_sockets_are() -> None:
    assert {wakeups.queue_for("web"), wakeups.queue_for("telegram")} in ({"live", "bots"}, {"bots"})


@pytest.fixture
def heard() -> Iterator[list[tuple[str, int, float, str]]]:
    calls: list[tuple[str, int, float, str]] = []
    loopback.listen(["test-queue"], lambda *call: calls.append(call))
    yield calls
    if loopback._sender is not None:
        loopback._sender.close()
        loopback._sender = None


def test_a_wake_up_reaches_the_listener_of_its_queue(heard: list[tuple[str, int, float, str]]) -> None:
    loopback.send("test-queue", "bots.deliver", 7, 1.5)
    loopback.send("another-queue", "bots.deliver", 8)
    eventually(lambda: heard)
    assert heard == [("bots.deliver", 7, 1.5, "")]


def test_datagrams_of_strangers_are_not_obeyed(heard: list[tuple[str, int, float, str]]) -> None:
    (port,) = loopback._ports("test-queue")
    for raw in (b"wrong bots.deliver 7 0.0", b"\xff\xfe", b"", b"a b c d e f"):
        loopback._socket().sendto(raw, ("127.0.0.1", port))
    loopback.send("test-queue", "bots.deliver", 9, chat="0000abcd")
    eventually(lambda: heard)
    assert heard == [("bots.deliver", 9, 0.0, "0000abcd")]


def test_a_listener_whose_process_is_gone_is_forgotten() -> None:
    stale: Path = loopback._folder() / f"stale.{2**22 + 1}"
    stale.write_text("9")
    assert loopback._ports("stale") == []
    assert not stale.exists()


@pytest.mark.django_db
def test_a_row_that_waits_already_is_not_queued_again(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, ran = threading.Event(), []

    def task(row_id: int) -> None:
        ran.append(row_id)
        gate.wait(60)

    monkeypatch.setitem(current_app.tasks, "test.task", task)
    pool = TurnPool(1)
    for row_id in (1, 2, 2, 2, 3):
        pool.wake("test.task", row_id, 0.0)
    gate.set()
    eventually(lambda: len(ran) == 3)
    time.sleep(0.05)
    assert ran == [1, 2, 3]
