"""An endpoint that keeps the connection busy without an answer holds a turn no longer than its time-out or `/stop`."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable

import pytest

from bots.llm import Cancelled, complete, connection_test
from tests.http_server import Answer, Server
from tests.llm.builders import QUESTION, chat, make_provider

pytestmark = pytest.mark.django_db

EVENTS = {"Content-Type": "text/event-stream"}
JSON = {"Content-Type": "application/json"}
PIECE = b'data: {"choices": [{"delta": {"content": "well "}}]}\n\n'
SLOW = {
    "comments": (EVENTS, [b": still in the queue\n\n"]),
    "blank lines": (JSON, [b"\n"]),
    "single bytes": (EVENTS, [bytes([byte]) for byte in PIECE]),
    "pieces without end": (EVENTS, [PIECE]),
    "half a line": (EVENTS, [b"data: "]),
}


def trickle(headers: dict[str, str], pieces: Iterable[bytes], until: float) -> Answer:
    """An answer that sends a piece every 50 ms for 12 seconds at most."""
    chunks = tuple(itertools.islice(itertools.cycle(pieces), 240))
    return Answer(200, b"", headers, chunks, lambda: time.sleep(0.05 if time.monotonic() < until else 0))


@pytest.fixture(params=SLOW.values(), ids=SLOW)
def slow(request: pytest.FixtureRequest, endpoint: Server) -> Server:
    endpoint.answer(trickle(*request.param, until=time.monotonic() + 12))
    return endpoint


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_next_provider_is_asked_at_the_time_out(streamed: bool, slow: Server, second: Server) -> None:
    make_provider(slow, timeout_s=1.0)
    make_provider(second)
    second.answer(chat("yes") if not streamed else Answer(200, _ONE_EVENT, EVENTS))
    started = time.monotonic()
    assert complete(QUESTION, on_token=(lambda _: None) if streamed else None).text == "yes"
    assert time.monotonic() - started < 5
    assert len(slow.requests) == 1


_ONE_EVENT = b'data: {"choices": [{"delta": {"content": "yes"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_stopping_ends_the_call(streamed: bool, slow: Server) -> None:
    make_provider(slow, timeout_s=60.0)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        complete(
            QUESTION,
            on_token=(lambda _: None) if streamed else None,
            cancelled=lambda: time.monotonic() - started > 0.3,
        )
    assert time.monotonic() - started < 4


def test_the_test_of_a_provider_ends_at_the_time_out(slow: Server) -> None:
    started = time.monotonic()
    assert not connection_test.test_provider(make_provider(slow, timeout_s=1.0)).ok
    assert time.monotonic() - started < 5
