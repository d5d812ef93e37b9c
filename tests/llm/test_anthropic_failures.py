"""Failures of Anthropic's Messages API end as those of chat completions do."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from bots.llm import NoModelAvailable, complete
from bots.llm.circuit_breaker import breaker
from bots.llm.errors import Cancelled
from clawdbot.backoff import Backoff
from tests.http_server import Answer, Server, json_answer
from tests.llm.anthropic_server import Claude, anthropic, refusal, says, streamed
from tests.llm.builders import QUESTION, chat, make_provider

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: Any) -> None:
    monkeypatch.setattr("bots.llm.completion.BACKOFF", Backoff(tries=2, first_s=0.0))


def test_overload_and_limits_are_tried_again(claude: Claude, address: str) -> None:
    anthropic(address)
    for failure in (refusal(529, "overloaded_error"), refusal(500, "api_error"), refusal(429, "rate_limit_error")):
        claude.bodies.clear()
        claude.steps = (failure, says("yes"))
        assert complete(QUESTION).text == "yes"
    claude.bodies.clear()
    claude.steps = (refusal(429, "rate_limit_error", **{"retry-after": "30"}), says("yes"))
    with pytest.raises(NoModelAvailable) as raised:
        complete(QUESTION)
    assert raised.value.retry_after is None
    assert len(claude.bodies) == 1, "a long pause is respected"


@pytest.mark.parametrize(
    ("failure", "opens"),
    [
        (refusal(401, "authentication_error", "invalid x-api-key"), True),
        (refusal(403, "permission_error", "no access"), True),
        (refusal(404, "not_found_error", "model: claude-0"), True),
        (refusal(400, "invalid_request_error", "Your credit balance is too low to access the API."), True),
        (refusal(400, "invalid_request_error", "This organization has been disabled."), True),
        (refusal(400, "invalid_request_error", "Output blocked by content filtering policy"), False),
        (refusal(400, "invalid_request_error", "messages.0: something else"), False),
        (json_answer({"error": "switch the long context on", "type": "error"}, 400), False),
        (refusal(413, "request_too_large", "Request exceeds the maximum size"), False),
    ],
)
def test_only_what_is_about_the_provider_opens_its_circuit(
    claude: Claude, address: str, failure: Answer, opens: bool
) -> None:
    anthropic(address)
    claude.steps = (failure,)
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    number = len(claude.requests)
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)
    assert (len(claude.requests) == number) is opens


@pytest.mark.parametrize("kind", ["overloaded_error", "rate_limit_error", "api_error", "authentication_error"])
def test_an_error_in_the_middle_of_a_stream_clears_what_was_shown(
    claude: Claude, address: str, second: Server, kind: str
) -> None:
    anthropic(address, priority=1)
    make_provider(second, priority=2, name="backup")
    second.answer(chat("from the other"))
    claude.steps = (says("half of an", error=kind),)
    shown: list[str] = []
    found = complete(QUESTION, on_token=shown.append, on_restart=lambda: shown.append("|"))
    assert found.provider == "backup"
    assert "".join(shown).rsplit("|", 1)[1] == "from the other"


def test_a_stream_that_breaks_off_is_no_answer(claude: Claude, address: str) -> None:
    anthropic(address)
    claude.steps = (says("half of an answer", breaks_after=5), says("whole"))
    found, shown = streamed()
    assert found.text == shown == "whole"


def test_pings_do_not_hold_a_thread_beyond_the_time_out(claude: Claude, address: str) -> None:
    anthropic(address, timeout_s=0.4)
    ping = b'event: ping\ndata: {"type": "ping"}\n\n'
    claude.steps = (Answer(200, b"", {"Content-Type": "text/event-stream"}, (ping,) * 50, lambda: time.sleep(0.05)),)
    started = time.monotonic()
    with pytest.raises(NoModelAvailable):
        streamed()
    assert time.monotonic() - started < 1.5


def test_stop_ends_a_running_stream(claude: Claude, address: str) -> None:
    anthropic(address)
    stop = threading.Event()
    claude.steps = (says("one two three", before_chunk=lambda: time.sleep(0.05)),)
    with pytest.raises(Cancelled) as raised:
        complete(QUESTION, on_token=lambda _piece: stop.set(), cancelled=stop.is_set)
    assert raised.value.text.startswith("one")


def test_a_prompt_that_is_too_long_is_made_anew(claude: Claude, address: str) -> None:
    anthropic(address, context_tokens=200_000)
    claude.steps = (
        refusal(400, "invalid_request_error", "prompt is too long: 9000 tokens > 8000 maximum"),
        says("short enough"),
    )
    windows: list[int] = []

    def messages(target: Any) -> Any:
        windows.append(target.context_tokens)
        return QUESTION

    assert complete(messages).text == "short enough"
    assert windows == [200_000, 6000]


def test_the_longest_answer_is_learnt(claude: Claude, address: str) -> None:
    anthropic(address, context_tokens=200_000)
    told = "max_tokens: 90000 > 8192, which is the maximum allowed number of output tokens for claude-1"
    claude.steps = (refusal(400, "invalid_request_error", told), says("yes"))
    assert complete(QUESTION, max_tokens=90_000).text == "yes"
    complete(QUESTION, max_tokens=90_000)
    assert [body["max_tokens"] for body in claude.bodies] == [90_000, 8192, 8192]


@pytest.mark.parametrize("body", [b"<html>blocked</html>", b"", b"[]", b'{"type": "message"}', b'{"content": [1]}'])
def test_what_is_no_answer_is_a_failure(claude: Claude, address: str, body: bytes) -> None:
    anthropic(address)
    claude.steps = (Answer(200, body, {"Content-Type": "application/json"}),)
    for ask in (complete, streamed):
        with pytest.raises(NoModelAvailable):
            ask(QUESTION)
        breaker.clear_cache()


def test_an_endpoint_that_does_not_stream_is_understood(claude: Claude, address: str) -> None:
    anthropic(address)
    block = {"type": "text", "text": "all at once"}
    claude.steps = (json_answer({"type": "message", "model": "m", "content": [block], "stop_reason": "end_turn"}),)
    found, shown = streamed()
    assert found.text == shown == "all at once"
