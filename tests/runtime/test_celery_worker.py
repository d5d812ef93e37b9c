"""A worker goes on after every failure of its broker: errors in the consumer, cut connections, a restart, a flush."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, current_app
from celery.worker import WorkController
from kombu import Connection

from bots.runtime import celery_worker
from bots.runtime.celery_worker import ReconnectingConsumer, run_until_stopped
from clawdbot_site import storage
from tests import outages
from tests.waiting import eventually

pytestmark = [
    # Celery warns of a change of its own defaults at each lost connection.
    pytest.mark.filterwarnings("ignore::celery.exceptions.CPendingDeprecationWarning"),
]
QUEUE = "outage-test"
TASK = "outage.test"


class Running:
    """One worker for all tests of this file: it must survive them all.

    Attributes:
        made: The worker, and those that followed it.
        redis: Its broker.
        task: The task that it does.
    """

    def __init__(self, redis: outages.Redis) -> None:
        self.redis = redis
        self.made: list[Any] = []
        url, options, _tls = storage.queue(redis.url)
        self._app = Celery("outage-test", broker=url, set_as_current=False)
        self._app.conf.update(
            broker_transport_options=options,
            broker_connection_retry_on_startup=True,
            worker_hijack_root_logger=False,
            worker_cancel_long_running_tasks_on_connection_loss=False,
            task_default_queue=QUEUE,
        )
        self._done = done = threading.Event()

        @self._app.task(name=TASK, ignore_result=True, shared=False)
        def task() -> None:
            done.set()

        self.task = task
        self.thread = threading.Thread(target=run_until_stopped, args=(self._make,), daemon=True)

    def check(self) -> None:
        """Fails unless the worker does a task."""
        self._done.clear()
        eventually(self._asked_and_done)

    def _asked_and_done(self) -> bool:
        try:
            self.task.apply_async(retry=False)
        except Exception:  # a wake-up into a cut connection is lost too; the sweep sends it again
            return False
        return self._done.wait(0.5)

    def _make(self) -> WorkController:
        worker = self._app.WorkController(
            pool="threads",
            concurrency=1,
            queues=[QUEUE],
            consumer_cls=ReconnectingConsumer,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        self.made.append(worker)
        return worker


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with outages.redis() as redis, pytest.MonkeyPatch.context() as patched:
        patched.setattr(celery_worker, "RECONNECT_EVERY_S", 0.2)
        patched.setattr(celery_worker, "RESTART_AFTER_S", 0.0)
        found = Running(redis)
        # A worker looks a task up in the default application, also when it belongs to another one.
        patched.setitem(current_app.tasks, TASK, found.task)
        found.thread.start()
        yield found
        found.made[-1].stop(exitcode=0)
        found.thread.join(60)


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """The errors whose traceback the module logs. The handler of the settings takes them off the records."""
    errors: list[Any] = []
    handler = logging.Handler()
    handler.emit = lambda record: errors.append(record.exc_info and record.exc_info[1])  # type: ignore[method-assign]
    celery_worker.logger.addHandler(handler)
    yield errors
    celery_worker.logger.removeHandler(handler)


@pytest.mark.parametrize("error", [AttributeError("'NoneType' object has no attribute 'can_read'"), KeyError(7)])
def test_an_unknown_error_in_the_consumer_is_logged_with_its_traceback_and_survived(
    running: Running, error: Exception, logged: list[Any]
) -> None:
    running.check()
    before, raised = len(running.made), threading.Event()

    def fail() -> None:
        if not raised.is_set():
            raised.set()
            raise error

    running.made[-1].consumer.hub.on_tick.add(fail)
    eventually(raised.is_set)
    running.check()
    assert logged == [error]
    assert len(running.made) == before, "the same worker goes on"


@pytest.mark.parametrize("outage", ["cut", "restarted", "killed", "flushed", "frozen"])
def test_tasks_are_done_again_after(running: Running, outage: str) -> None:
    running.check()
    before = len(running.made)
    match outage:
        case "cut":
            for _ in range(5):
                running.redis.drop_clients()
        case "restarted":
            running.redis.stop()
            running.redis.start()
        case "killed":
            running.redis.kill()
            running.redis.start()
        case "flushed":
            running.redis.flush()
        case "frozen":
            running.redis.freeze()
            running.redis.thaw()
    running.check()
    assert len(running.made) == before, "the same worker goes on"


def test_a_connection_that_cannot_be_closed_does_not_end_the_worker(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a kill of Redis, kombu at times closes a channel whose connection it has dropped before."""
    running.check()
    before, failing = len(running.made), [AttributeError("'NoneType' object has no attribute 'hostname'")]
    usual = Connection.close

    def fail(self: Any) -> None:
        if failing and threading.current_thread() is running.thread:
            raise failing.pop()
        usual(self)

    monkeypatch.setattr(Connection, "close", fail)
    running.redis.drop_clients()
    running.check()
    assert not failing
    assert len(running.made) == before, "the same worker goes on"


def test_a_worker_that_ends_all_the_same_is_made_anew(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    running.check()
    before, failing = len(running.made), [RuntimeError("no way to recover")]
    usual = ReconnectingConsumer.on_connection_error_after_connected

    def fail(self: Any, exc: Exception) -> None:
        if failing:
            raise failing.pop()
        usual(self, exc)

    monkeypatch.setattr(ReconnectingConsumer, "on_connection_error_after_connected", fail)
    running.redis.drop_clients()
    eventually(lambda: len(running.made) == before + 1)
    running.check()
    assert running.thread.is_alive()
