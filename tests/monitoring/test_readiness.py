"""/healthz needs no database; /readyz needs every part."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from bots.llm import candidates, embedded_state
from bots.models import InboundEvent, ModelProvider, Worker
from bots.monitoring import doctor, readiness, signs
from bots.pipeline import inbox
from clawdbot import __version__
from clawdbot.reasons import Reason
from tests.builders import make_channel, make_conversation, make_event, make_outbound

pytestmark = pytest.mark.databases


@pytest.fixture(autouse=True)
def read_afresh() -> None:
    candidates.clear_cache()


@pytest.fixture(autouse=True)
def beat_runs(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        _beat(0.0)


@pytest.fixture
def model_file(settings: Any) -> Iterator[None]:
    server = settings.CLAWDBOT.model_server.model_copy(update={"enable": True, "model_file": "/srv/big.gguf"})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"model_server": server})
    yield
    embedded_state.clear()


def _beat(age_s: float) -> None:
    every, _made = IntervalSchedule.objects.get_or_create(every=5, period="seconds")
    ran = timezone.now() - timedelta(seconds=age_s)
    values = {"task": signs.SWEEP, "interval": every, "last_run_at": ran}
    PeriodicTask.objects.update_or_create(name=signs.SWEEP, defaults=values)


def _worker(age_s: float = 0.0, role: str = "worker") -> Worker:
    return Worker.objects.create(id="w1", host="h", pid=1, role=role, beat_at=timezone.now() - timedelta(seconds=age_s))


def _provider() -> None:
    ModelProvider.objects.create(name="p", endpoint="http://127.0.0.1:9/v1", model="m")
    candidates.clear_cache()


def test_alive_asks_nobody_else() -> None:
    # without the marker django_db every query fails
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive", "version": __version__})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_every_part_is() -> None:
    _worker()
    _provider()
    answer = Client().get("/readyz")
    assert answer.status_code == 200, answer.content
    assert {name: part["ready"] for name, part in answer.json()["parts"].items()} == {
        "database": True,
        "disk": True,
        "broker": True,
        "beat": True,
        "chats": True,
        "queue": True,
        "model": True,
        "backup": True,
        "index": True,
        "memory": True,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("worker", [None, (31.0, "worker"), (0.0, "web")])
def test_without_a_fresh_worker_the_queue_is_not_ready(worker: Any) -> None:
    _provider()
    if worker:
        _worker(*worker)
    answer = Client().get("/readyz")
    assert answer.status_code == 200, "it still takes messages"
    assert answer.json()["status"] == "degraded"
    assert [name for name, part in answer.json()["parts"].items() if not part["ready"]] == ["queue"]


@pytest.mark.django_db
def test_without_a_model_the_built_in_responder_answers() -> None:
    _worker()
    answer = Client().get("/readyz").json()
    assert answer["parts"]["model"] == {
        "ready": True,
        "note": "no model is connected; the built-in responder answers",
    }
    assert answer["status"] == "ready"


@pytest.mark.django_db
@pytest.mark.usefixtures("model_file")
def test_a_model_that_loads_for_long_is_named_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def model() -> dict[str, Any]:
        return dict(Client().get("/readyz").json()["parts"]["model"])

    _worker()
    monkeypatch.setattr(readiness, "_began", readiness.time.monotonic())
    assert model()["note"] == "the model server is starting; the built-in responder answers"
    monkeypatch.setattr(readiness, "_began", readiness.time.monotonic() - 1000)
    assert model()["note"] == "the model server is not running; the built-in responder answers"
    embedded_state.loading("Qwen3 30B")
    began = embedded_state.time.time()
    monkeypatch.setattr(embedded_state.time, "time", lambda: began + 240)
    assert model() == {
        "ready": True,
        "note": "Qwen3 30B has been loading for 240 s; the built-in responder answers",
    }
    embedded_state.failed("/srv/secret place/big.gguf", Reason("model_file_empty", path="/srv/secret place/big.gguf"))
    assert model() == {"ready": True, "note": "big.gguf did not start; the built-in responder answers"}


@pytest.mark.django_db
@pytest.mark.usefixtures("model_file")
def test_a_loading_model_does_not_make_up_for_providers_that_fail() -> None:
    _worker()
    _provider()
    embedded_state.loading("Qwen3 30B")
    assert Client().get("/readyz").json()["status"] == "ready"
    ModelProvider.objects.update(last_error_at=timezone.now())
    assert down() == {"model": "1 providers; failing: p; Qwen3 30B has been loading for 0 s"}


def test_a_process_that_was_killed_while_it_loaded_loads_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setattr(embedded_state.os, "getpid", lambda: gone.pid)
    embedded_state.loading("Qwen3 30B")
    monkeypatch.undo()
    assert embedded_state.read() is None
    embedded_state.clear()


@pytest.mark.django_db
def test_a_database_that_is_away_is_named_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OSError("secret-host:5432 refused")

    monkeypatch.setattr(readiness, "_database", away)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"]["ready"] is False
    assert "secret-host" not in answer.content.decode()


@pytest.mark.django_db
def test_a_look_costs_few_queries() -> None:
    _worker()
    with CaptureQueriesContext(connection) as queries:
        Client().get("/readyz")
    assert len(queries) <= 9


def down() -> dict[str, str]:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    return {name: part["note"] for name, part in answer.json()["parts"].items() if not part["ready"]}


@pytest.mark.django_db
def test_a_beat_that_stands_still_is_said() -> None:
    _worker()
    _provider()
    _beat(90.0)
    assert down() == {"beat": "ran 90 s ago"}
    PeriodicTask.objects.all().delete()
    assert down() == {"beat": "has not run yet"}


@pytest.mark.django_db
def test_a_broker_that_does_not_answer_is_said(settings: Any) -> None:
    _worker()
    _provider()
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"})
    assert down() == {"broker": "Redis does not answer: ConnectionError"}


@pytest.mark.django_db
def test_a_disk_that_fills_is_said_and_a_full_one_takes_no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    _worker()
    _provider()
    monkeypatch.setattr(signs.shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**11, 0, 400 * 2**20))
    assert down() == {"disk": "400 MiB free"}
    monkeypatch.setattr(signs.shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**11, 0, 2**20))
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")


@pytest.mark.django_db
def test_providers_that_all_fail_are_said() -> None:
    _worker()
    _provider()
    ModelProvider.objects.update(last_error_at=timezone.now())
    assert down() == {"model": "1 providers; failing: p"}
    ModelProvider.objects.update(last_ok_at=timezone.now())
    assert Client().get("/readyz").json()["status"] == "ready"


@pytest.mark.django_db
def test_a_chat_that_nobody_answers_is_said_and_one_that_waits_for_its_retry_is_not() -> None:
    _worker()
    _provider()
    channel = make_channel()
    (row_id,) = inbox.accept(channel, [make_event()]).accepted
    answer = make_outbound(channel, make_conversation(channel), due_at=timezone.now() + timedelta(minutes=5))
    behind = make_outbound(channel, answer.conversation)
    type(behind).objects.filter(pk=behind.pk).update(due_at=timezone.now() - timedelta(hours=1))
    assert Client().get("/readyz").json()["status"] == "ready"
    InboundEvent.objects.filter(pk=row_id).update(due_at=timezone.now() - timedelta(seconds=300))
    assert down() == {"chats": "1 wait without reason, the longest for 300 s"}


@pytest.mark.django_db
def test_the_doctor_counts_the_same_workers() -> None:
    _worker(role="web")
    assert signs.fresh_workers() == 0
    assert [found.level for found in doctor.examine() if found.name == "workers"] == ["warning"]
