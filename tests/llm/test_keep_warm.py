"""Idle models are kept loaded by small requests, and only idle ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.llm import keep_warm
from bots.llm.circuit_breaker import breaker
from bots.models import ModelProvider
from bots.tasks import forget_model_figures, keep_models_warm
from tests.http_server import Server, json_answer
from tests.llm.anthropic_server import KEY, Claude
from tests.llm.builders import chat, make_provider, refusal

pytestmark = pytest.mark.django_db


def idle(server: Server, minutes: float = 10.0, **values: Any) -> ModelProvider:
    row = make_provider(server, last_ok_at=timezone.now() - timedelta(minutes=minutes), **values)
    row.refresh_from_db()
    return row


def test_an_idle_model_is_asked_for_one_token(endpoint: Server) -> None:
    row = idle(endpoint, keep_warm="call")
    endpoint.answer(chat(""))
    keep_models_warm()
    (request,) = endpoint.requests
    assert (request.path, request.json["max_tokens"], request.json["model"]) == ("/v1/chat/completions", 1, "m")
    row.refresh_from_db()
    assert row.last_ok_at is not None
    assert timezone.now() - row.last_ok_at < timedelta(minutes=1)
    keep_models_warm()
    assert len(endpoint.requests) == 1, "it had a call just now"


def test_where_calls_are_charged_the_list_of_models_does(endpoint: Server) -> None:
    idle(endpoint, keep_warm="models")
    endpoint.answer(json_answer({"data": []}))
    assert keep_warm.run(timezone.now()) == 1
    (request,) = endpoint.requests
    assert (request.method, request.path) == ("GET", "/v1/models")
    assert request.headers["authorization"] == "Bearer sk-test-key"


def test_anthropic_is_asked_in_its_own_words() -> None:
    claude = Claude()
    with claude.server() as server:
        for choice in ("models", "call"):
            row = idle(server, keep_warm=choice, protocol="anthropic", api_key=KEY)
            keep_warm.run(timezone.now())
            row.refresh_from_db()
            assert not row.failing
            row.delete()
    assert [(one.method, one.path) for one in claude.requests] == [("GET", "/v1/models"), ("POST", "/v1/messages")]


@pytest.mark.parametrize(
    "values",
    [
        {"keep_warm": "off"},
        {"keep_warm": "call", "enabled": False},
        {"keep_warm": "call", "minutes": 3.0},
        {"keep_warm": "call", "keep_warm_minutes": 30},
    ],
)
def test_nothing_is_sent_otherwise(endpoint: Server, values: dict[str, Any]) -> None:
    idle(endpoint, **values)
    keep_models_warm()
    assert endpoint.requests == []


@pytest.mark.parametrize("choice", ["models", "call"])
def test_a_failure_is_noted_and_opens_no_circuit(endpoint: Server, choice: str) -> None:
    row = idle(endpoint, keep_warm=choice)
    endpoint.answer(refusal(401))
    keep_models_warm()
    row.refresh_from_db()
    assert row.failing
    from bots.llm.candidates import of_row

    assert breaker.refusal(of_row(row)) is None
    assert row.open_until is None


def test_the_daily_task_runs() -> None:
    forget_model_figures()
