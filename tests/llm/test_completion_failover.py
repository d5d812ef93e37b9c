"""After a failure of a model: retry, the next provider, an open circuit."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from typing import Any

import pytest

from bots.llm import NoModelAvailable, complete
from bots.models import ModelProvider
from clawdbot.backoff import Backoff
from clawdbot.reasons import Reason, why
from tests.http_server import Answer, Server
from tests.llm.builders import QUESTION, chat, make_provider, refusal, stream

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: Any) -> None:
    monkeypatch.setattr("bots.llm.completion.BACKOFF", Backoff(tries=2, first_s=0.0))


def nobody() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def test_a_passing_failure_is_tried_again(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(refusal(503), chat("yes"))
    assert complete(QUESTION).text == "yes"


def test_the_next_provider_answers_when_the_first_does_not(endpoint: Server) -> None:
    make_provider(nobody(), priority=1)
    make_provider(endpoint, priority=2, name="backup")
    endpoint.answer(chat("yes"))
    assert complete(QUESTION).provider == "backup"


def test_the_lowest_priority_number_is_asked_first(endpoint: Server, second: Server) -> None:
    make_provider(endpoint, priority=20)
    make_provider(second, priority=10, name="first")
    second.answer(chat("yes"))
    assert complete(QUESTION).provider == "first"
    assert endpoint.requests == []


def test_a_refused_key_is_not_tried_twice(endpoint: Server, second: Server) -> None:
    make_provider(endpoint, priority=1)
    make_provider(second, priority=2)
    endpoint.answer(refusal(401))
    second.answer(chat("yes"))
    complete(QUESTION)
    assert len(endpoint.requests) == 1


def test_a_short_retry_after_is_waited_for_and_a_long_one_is_not(endpoint: Server, second: Server) -> None:
    make_provider(endpoint, priority=1)
    make_provider(second, priority=2, name="backup")
    second.answer(chat("yes"))
    endpoint.answer(refusal(429, **{"Retry-After": "0.2"}), chat("patient"))
    started = time.perf_counter()
    assert complete(QUESTION).text == "patient"
    assert time.perf_counter() - started >= 0.2
    endpoint.answer(refusal(429, **{"Retry-After": "60"}))
    assert complete(QUESTION).provider == "backup"
    asked = len(endpoint.requests)
    assert complete(QUESTION).provider == "backup"
    assert len(endpoint.requests) == asked, "within the minute it named it is left alone"


def test_an_answer_that_never_comes_counts_as_a_failure(endpoint: Server, second: Server) -> None:
    make_provider(endpoint, priority=1, timeout_s=0.3)
    make_provider(second, priority=2, name="backup")
    released = threading.Event()
    endpoint.respond = lambda _request: chat("late") if released.wait(60) else chat("never")
    second.answer(chat("yes"))
    assert complete(QUESTION).provider == "backup"
    released.set()


@pytest.mark.parametrize(
    "odd",
    [
        Answer(200, b"<html>hello</html>", {"Content-Type": "text/html"}),
        Answer(200, b"{not json", {"Content-Type": "application/json"}),
        Answer(200, b"[]", {"Content-Type": "application/json"}),
        Answer(
            200, b'{"choices": [{"message": {"content": [{"type": "text"}]}}]}', {"Content-Type": "application/json"}
        ),
        Answer(200, b'{"choices": {"0": {}}, "usage": 7}', {"Content-Type": "application/json"}),
        chat("   "),
        refusal(429, **{"Retry-After": "Wed, 25 Nov 2026 18:00:00 GMT"}),
        refusal(503, **{"Retry-After": "soon"}),
    ],
    ids=["a page", "broken JSON", "a list", "no text", "odd types", "an empty answer", "until a date", "until soon"],
)
def test_what_is_no_answer_goes_to_the_next_provider(odd: Answer, endpoint: Server, second: Server) -> None:
    make_provider(endpoint, priority=1)
    make_provider(second, priority=2, name="backup")
    endpoint.answer(odd)
    second.answer(chat("yes"))
    assert complete(QUESTION).provider == "backup"


@pytest.mark.parametrize(
    "address",
    ["http://\x8a\xaf/v1", "http://a..b/v1", "http://" + "a" * 70 + ".com", "http://h:99999/v1", "http://[::"],
    ids=["no such letters", "an empty part", "an endless part", "no such port", "half a bracket"],
)
def test_an_address_that_cannot_be_goes_to_the_next_provider(address: str, second: Server) -> None:
    make_provider(second, priority=1, name="broken", endpoint=address)
    make_provider(second, priority=2, name="backup")
    second.answer(chat("yes"))
    assert complete(QUESTION).provider == "backup"


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1e308])
def test_a_timeout_that_an_older_version_took_stops_nobody(seconds: float, second: Server) -> None:
    make_provider("http://127.0.0.1:9", priority=1, timeout_s=seconds)
    make_provider(second, priority=2, name="backup")
    second.answer(chat("yes"))
    assert complete(QUESTION).provider == "backup"


@pytest.mark.parametrize("key", ["“sk-1”", "sk-1\nX-Header: 1"], ids=["typographic quotes", "a line break"])
def test_a_key_that_cannot_be_sent_goes_to_the_next_provider(key: str, endpoint: Server, second: Server) -> None:
    make_provider(endpoint, priority=1, api_key=key)
    make_provider(second, priority=2, name="backup")
    second.answer(chat("yes"))
    assert complete(QUESTION).provider == "backup"
    assert endpoint.requests == []


@pytest.mark.parametrize("choices", [[7], [{"delta": 7}], [{"delta": {"content": 7}}], {"0": 1}, 7])
def test_an_odd_stream_goes_to_the_next_provider(choices: Any, endpoint: Server, second: Server) -> None:
    make_provider(endpoint, priority=1)
    make_provider(second, priority=2, name="backup")
    lines = f"data: {json.dumps({'choices': choices, 'usage': 1})}\n\ndata: [DONE]\n\n"
    endpoint.answer(Answer(200, lines.encode(), {"Content-Type": "text/event-stream"}))
    second.answer(stream("yes"))
    assert complete(QUESTION, on_token=lambda _piece: None).provider == "backup"


def test_counts_of_tokens_that_are_none_are_estimated(endpoint: Server) -> None:
    make_provider(endpoint)
    body = {"choices": [{"message": {"content": "yes"}}], "usage": {"prompt_tokens": "12", "completion_tokens": 2**40}}
    endpoint.answer(Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"}))
    found = complete(QUESTION)
    assert found.text == "yes"
    assert 0 < found.completion_tokens < found.prompt_tokens < 100


def test_a_stream_that_breaks_off_begins_anew_at_the_next_provider(endpoint: Server, second: Server) -> None:
    make_provider(endpoint, priority=1)
    make_provider(second, priority=2, name="backup")
    endpoint.answer(stream("Once upon ", done=False))
    second.answer(stream("All ", "of it."))
    told: list[str] = []
    found = complete(QUESTION, on_token=told.append, on_restart=lambda: told.append("|"))
    assert told == ["Once upon ", "|", "Once upon ", "|", "All ", "of it."]
    assert (found.text, found.provider) == ("All of it.", "backup")


def test_no_restart_is_told_when_nothing_was_handed_out(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(refusal(500), stream("yes"))
    told: list[str] = []
    complete(QUESTION, on_token=told.append, on_restart=lambda: told.append("|"))
    assert told == ["yes"]


def test_a_provider_that_keeps_failing_is_left_alone_and_probed_later(endpoint: Server, monkeypatch: Any) -> None:
    make_provider(endpoint)
    endpoint.answer(refusal(500))
    now = time.monotonic()
    monkeypatch.setattr("bots.llm.circuit_breaker.breaker._clock", lambda: now)
    for _ in range(3):
        with pytest.raises(NoModelAvailable):
            complete(QUESTION)
    asked = len(endpoint.requests)
    with pytest.raises(NoModelAvailable) as error:
        complete(QUESTION)
    assert len(endpoint.requests) == asked
    assert 0 < (error.value.retry_after or 0) <= 10
    monkeypatch.setattr("bots.llm.circuit_breaker.breaker._clock", lambda: now + 11)
    endpoint.answer(chat("well again"))
    assert complete(QUESTION).text == "well again"


def test_a_corrected_provider_is_asked_at_once(endpoint: Server, monkeypatch: Any) -> None:
    row = make_provider(endpoint, api_key="wrong")
    endpoint.respond = lambda request: (
        chat("yes") if request.headers["authorization"] == "Bearer right" else refusal(401)
    )
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    row.api_key = "right"
    row.save()
    monkeypatch.setattr("bots.llm.candidates.rows.max_age_s", -1.0)
    assert complete(QUESTION).text == "yes"


def test_success_and_failure_show_on_the_row_without_a_write_per_call(
    endpoint: Server, django_assert_num_queries: Any
) -> None:
    row = make_provider(endpoint)
    endpoint.answer(chat("yes"))
    complete(QUESTION)
    with django_assert_num_queries(0):
        complete(QUESTION)
    row.refresh_from_db()
    assert row.last_ok_at is not None
    endpoint.answer(refusal(404, message="the model is not there"))
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    row.refresh_from_db()
    assert row.last_error == "HTTP 404: no such model or address (x)"


def test_neither_prompt_nor_key_reaches_a_log_or_the_row(endpoint: Server, caplog: Any) -> None:
    row = make_provider(endpoint, api_key="sk-very-secret-key")
    endpoint.answer(refusal(400, message="key sk-very-secret-key said: What is a bot?", code="sk-very secret"))
    with caplog.at_level(logging.DEBUG), pytest.raises(NoModelAvailable) as error:
        complete(QUESTION)
    row = ModelProvider.objects.get(pk=row.pk)
    told = "\n".join(
        [
            *(record.getMessage() for record in caplog.records if record.name.startswith("bots")),
            str(error.value),
            row.last_error,
        ]
    )
    assert "HTTP 400" in told
    assert "very" not in told
    assert "What is a bot" not in told


def test_an_empty_answer_does_not_close_the_door_to_other_prompts(endpoint: Server) -> None:
    make_provider(endpoint)
    endpoint.answer(chat(""))
    for _ in range(4):
        with pytest.raises(NoModelAvailable):
            complete(QUESTION)
    endpoint.answer(chat("yes"))
    assert complete(QUESTION).text == "yes"


def test_answers_that_are_only_empty_are_told_from_an_outage(endpoint: Server, second: Server) -> None:
    make_provider(endpoint)
    make_provider(second)
    endpoint.answer(chat(""))
    second.answer(chat(" "), chat(""), refusal(503))
    with pytest.raises(NoModelAvailable) as empty:
        complete(QUESTION)
    assert (empty.value.permanent, why(empty.value)) == (True, Reason("answer_empty"))
    with pytest.raises(NoModelAvailable) as down:
        complete(QUESTION)
    assert not down.value.permanent
