"""The figures of each provider by the hour: nothing waits for them, and those of all processes sum up."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.llm import NoModelAvailable, complete, figures
from bots.models import ModelProvider, ProviderHour
from clawdbot.backoff import Backoff
from tests.http_server import Server
from tests.llm.builders import QUESTION, chat, make_provider, refusal, stream

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: Any) -> None:
    monkeypatch.setattr("bots.llm.completion.BACKOFF", Backoff(tries=2, first_s=0.0))


def table(row: ModelProvider) -> dict[str, int]:
    return dict(ProviderHour.objects.filter(provider=row).values_list("name", "amount"))


def test_calls_tokens_and_errors_add_up(endpoint: Server) -> None:
    row = make_provider(endpoint)
    endpoint.answer(chat("yes"), stream("a", "b"), refusal(503), refusal(503))
    complete(QUESTION)
    complete(QUESTION, on_token=lambda _piece: None)
    figures.flush()
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    figures.flush()
    found = table(row)
    assert (found["calls"], found["errors"], found["prompt"], found["completion"]) == (4, 2, 2000, 1000)
    assert found["error:endpoint_failed"] == 2
    assert sum(amount for name, amount in found.items() if name.startswith("total:")) == 4
    assert sum(amount for name, amount in found.items() if name.startswith("first:")) == 1


def test_a_refusal_for_the_content_is_no_error_of_the_provider(endpoint: Server) -> None:
    row = make_provider(endpoint)
    endpoint.answer(refusal(400, "flagged by moderation"))
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    figures.flush()
    assert table(row).get("refused") == 1
    assert "errors" not in table(row)


def test_an_open_circuit_is_counted_and_its_end_is_noted(endpoint: Server) -> None:
    row = make_provider(endpoint)
    endpoint.answer(refusal(401))
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    figures.flush()
    row.refresh_from_db()
    assert table(row)["opened"] == 1
    assert row.open_until is not None
    assert row.open_until > timezone.now()


def test_a_call_costs_no_statement_and_a_flush_two(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(chat("yes"))
    complete(QUESTION)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for _ in range(5):
            complete(QUESTION)
    assert [query["sql"] for query in queries if "hour" in query["sql"]] == []
    with CaptureQueriesContext(connection) as queries:
        figures.flush()
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 2


def test_what_could_not_be_written_is_written_later(endpoint: Server, monkeypatch: Any) -> None:
    row = make_provider(endpoint)
    endpoint.answer(chat("yes"))
    complete(QUESTION)
    with monkeypatch.context() as broken:
        broken.setattr("bots.models.sql.add", lambda *_: (_ for _ in ()).throw(DatabaseError))
        figures.flush()
    assert table(row) == {}
    figures.flush()
    assert table(row)["calls"] == 1


def test_a_removed_provider_loses_only_its_own_figures(endpoint: Server) -> None:
    gone, kept = make_provider(endpoint), make_provider(endpoint)
    endpoint.answer(chat("yes"))
    complete(QUESTION)
    gone.delete()
    from bots.llm import candidates

    candidates.clear_cache()
    complete(QUESTION)
    figures.flush()
    assert table(kept)["calls"] == 1


def test_old_figures_are_forgotten(endpoint: Server) -> None:
    row, now = make_provider(endpoint), timezone.now()
    for days in (29, 31):
        ProviderHour.objects.create(provider=row, hour=now - timedelta(days=days), name="calls", amount=days)
    assert figures.forget_old(now) == 1
    assert table(row) == {"calls": 29}


@pytest.mark.parametrize("seconds", [0.0, 0.004, 0.0101, 0.3, 2.0, 59.0, 600.0])
def test_a_bucket_tells_a_latency_to_an_eighth(seconds: float) -> None:
    middle = figures.milliseconds(figures.bucket(seconds)) / 1000
    assert middle == pytest.approx(seconds, rel=0.13) or seconds <= 0.01


def test_threads_count_together(endpoint: Server) -> None:
    row = make_provider(endpoint)
    from bots.llm.candidates import of_row

    target = of_row(row)
    threads = [
        threading.Thread(target=lambda: [figures.note_open_circuit(target) for _ in range(500)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures.flush()
    assert table(row)["opened"] == 2000
