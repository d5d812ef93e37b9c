"""The web server closes the connection of an oversized body instead of storing it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import daphne.server
import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from bots.runtime import bounded_http


class _Server:
    """The methods of a server that daphne calls before a request is complete."""

    def protocol_connected(self, request: Any) -> None:
        """Called at the start of each request."""

    def protocol_disconnected(self, request: Any) -> None:
        """Called when a request ends early."""


@dataclass
class Connection:
    """A connection of a client: its bytes, the response, and the bodies that reached the application."""

    protocol: Any
    transport: StringTransport
    handled: list[bytes]

    def send(self, data: bytes) -> None:
        self.protocol.dataReceived(data)


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.setattr(bounded_http, "LIMIT_BYTES", 1000)
    handled: list[bytes] = []
    monkeypatch.setattr(bounded_http.WebRequest, "process", lambda self: handled.append(self.content.read()))
    made = Connection(bounded_http.BoundedHTTPFactory(_Server()).buildProtocol(None), StringTransport(), handled)
    made.protocol.makeConnection(made.transport)
    yield made
    made.protocol.connectionLost(Failure(ConnectionDone()))


def _head(*lines: str) -> bytes:
    return "\r\n".join(("POST /api/webhook HTTP/1.1", "Host: x", *lines, "", "")).encode()


def test_a_body_within_the_limit_arrives(connection: Connection) -> None:
    connection.send(_head("Content-Length: 1000") + b"x" * 1000)
    assert connection.handled == [b"x" * 1000]


def test_an_announced_length_over_the_limit_is_refused_at_the_headers(connection: Connection) -> None:
    connection.send(_head("Content-Length: 1001"))
    assert connection.transport.value().startswith(b"HTTP/1.1 413 ")
    assert connection.transport.disconnecting
    connection.send(b"x" * 1001)
    assert connection.handled == []


def test_a_chunked_body_is_refused_when_it_passes_the_limit(connection: Connection) -> None:
    connection.send(_head("Transfer-Encoding: chunked"))
    for _ in range(10):
        connection.send(b"64\r\n" + b"x" * 100 + b"\r\n")
    assert not connection.transport.disconnecting
    connection.send(b"1\r\nx\r\n")
    assert connection.transport.value().startswith(b"HTTP/1.1 413 ")
    assert connection.transport.disconnecting
    connection.send(b"0\r\n\r\n")
    assert connection.handled == []


def test_installing_changes_what_daphne_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daphne.server, "HTTPFactory", daphne.server.HTTPFactory)
    bounded_http.install()
    assert daphne.server.HTTPFactory is bounded_http.BoundedHTTPFactory
