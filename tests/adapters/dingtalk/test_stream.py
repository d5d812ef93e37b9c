"""DingTalk's Stream against a real WebSocket server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.errors import SendError
from adapters.events import EventKind
from tests.adapters.dingtalk.builders import dingtalk, frame, message
from tests.adapters.dingtalk.gateway import Gateway, gateway
from tests.http_server import Server, json_answer


@pytest.fixture
def stream() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


@pytest.fixture
def polling(server: Server, stream: Gateway) -> Iterator[Any]:
    server.answer(json_answer({"endpoint": stream.url, "ticket": "a b"}))
    made = dingtalk(base_url=server.url, allowed_hosts="127.0.0.1")
    yield made
    made.close()


def test_a_message_is_confirmed_only_after_it_was_stored(server: Server, stream: Gateway, polling: Any) -> None:
    assert polling.poll(None, 0.05).events == ()
    assert stream.tickets == ["/connect?ticket=a+b"]
    opened = server.requests[0].json
    assert opened["clientId"] == "dingkey1"
    assert {"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"} in opened["subscriptions"]

    stream.open.get(timeout=60).send(frame(message(), id="f1"))
    first = polling.poll(7, 5)
    assert [event.text for event in first.events] == ["hello"]
    assert first.next_offset == 8
    # The offset did not move, as after a failed write: the same frame comes again, unconfirmed.
    again = polling.poll(7, 5)
    assert again.events == first.events
    assert stream.answers.empty()
    assert polling.poll(again.next_offset, 0.05).events == ()
    assert stream.answer()["headers"]["messageId"] == "f1"


def test_pings_are_answered_while_waiting_and_nonsense_is_passed_over(
    server: Server, stream: Gateway, polling: Any
) -> None:
    polling.poll(None, 0.05)
    socket = stream.open.get(timeout=60)
    for raw in ("nonsense", "{}", frame('{"opaque":"1"}', topic="ping", kind="SYSTEM", id="p1"), frame("no json")):
        socket.send(raw)
    (event,) = polling.poll(None, 5).events
    assert (event.kind, event.change) == (EventKind.IGNORED, "malformed")
    assert stream.answer()["data"] == '{"opaque":"1"}'


def test_a_closed_connection_is_opened_again(server: Server, stream: Gateway, polling: Any) -> None:
    polling.poll(None, 0.05)
    stream.open.get(timeout=60).send(frame("{}", topic="disconnect", kind="SYSTEM"))
    assert polling.poll(None, 5).events == ()
    polling.poll(None, 0.05)
    stream.open.get(timeout=60).close()
    assert polling.poll(None, 5).events == ()
    polling.poll(None, 0.05)
    stream.open.get(timeout=60).send(frame(message()))
    assert len(polling.poll(None, 5).events) == 1
    assert len(stream.tickets) == 3


@pytest.mark.parametrize(
    ("endpoint", "mark"),
    [
        ("wss://evil.example/connect", "foreign_address"),
        ("https://api.dingtalk.com/", "bad_response"),
        ("", "bad_response"),
        ("ws://[", "bad_response"),
        ("ws://127.0.0.1:9/connect", "not_reached"),
    ],
)
def test_a_stream_elsewhere_or_nowhere_is_an_error(server: Server, endpoint: str, mark: str) -> None:
    server.answer(json_answer({"endpoint": endpoint, "ticket": "secret-ticket"}))
    with pytest.raises(SendError) as caught:
        dingtalk(base_url=server.url, allowed_hosts="127.0.0.1").poll(None, 0.05)
    assert caught.value.mark == mark
    assert "secret-ticket" not in str(caught.value)


def test_refused_credentials_are_a_permanent_error(server: Server) -> None:
    server.answer(json_answer({"code": "invalidClient", "message": "no"}, 400))
    with pytest.raises(SendError) as caught:
        dingtalk(base_url=server.url).poll(None, 0.05)
    assert (caught.value.permanent, caught.value.mark) == (True, "unauthorized")
