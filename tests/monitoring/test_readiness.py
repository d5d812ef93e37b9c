"""/healthz needs no database; /readyz needs every part."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.llm import candidates
from bots.models import ModelProvider, Worker
from bots.monitoring import readiness

pytestmark = pytest.mark.databases


@pytest.fixture(autouse=True)
def read_afresh() -> None:
    candidates.clear_cache()


def _worker(age_s: float = 0.0, role: str = "worker") -> Worker:
    return Worker.objects.create(id="w1", host="h", pid=1, role=role, beat_at=timezone.now() - timedelta(seconds=age_s))


def _provider() -> None:
    ModelProvider.objects.create(name="p", endpoint="http://127.0.0.1:9/v1", model="m")
    candidates.clear_cache()


def test_alive_asks_nobody_else() -> None:
    # without the marker django_db every query fails
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_every_part_is() -> None:
    _worker()
    _provider()
    answer = Client().get("/readyz")
    assert answer.status_code == 200, answer.content
    assert {name: part["ready"] for name, part in answer.json()["parts"].items()} == {
        "database": True,
        "queue": True,
        "model": True,
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
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert [name for name, part in answer.json()["parts"].items() if not part["ready"]] == ["queue"]


@pytest.mark.django_db
def test_a_loading_model_is_not_ready_and_one_that_never_comes_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    _worker()
    monkeypatch.setattr(readiness.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(readiness, "_began", readiness.time.monotonic())
    assert Client().get("/readyz").json()["parts"]["model"] == {"ready": False, "note": "the embedded model is loading"}
    monkeypatch.setattr(readiness, "_began", readiness.time.monotonic() - 1000)
    assert Client().get("/readyz").status_code == 200


@pytest.mark.django_db
def test_a_missing_model_wheel_is_ready_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    _worker()
    monkeypatch.setattr(readiness.importlib.util, "find_spec", lambda name: None)
    part = Client().get("/readyz").json()["parts"]["model"]
    assert part["ready"] is True
    assert "not installed" in part["note"]


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
    assert len(queries) <= 4
