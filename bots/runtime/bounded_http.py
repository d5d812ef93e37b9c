"""Limits sizes and times of requests inside daphne, which stores a whole body before the application sees any of it.

`bots.edge.body_limit` applies the same limits under other servers. `install` works for `manage.py serve` and, because
`clawdbot_site.asgi` calls it, for the command `daphne`.
"""

from __future__ import annotations

import json
import time
from functools import lru_cache
from typing import Any

import daphne.server
import twisted.web.http
from daphne.http_protocol import HTTPFactory, WebRequest
from django.conf import settings
from twisted.web.http import HTTPChannel, _GenericHTTPChannelProtocol

from bots.edge import problems
from bots.edge.body_limit import BYTES_PER_S, longest_body

# The bodies of all requests of this process that are not answered yet. Only large bodies are refused beyond it.
MOST_BYTES = 128 * 1024 * 1024
# A refused client may still be sending; closing at once would destroy the answer on its way.
LINGER_S = 5.0


class BoundedChannel(HTTPChannel):
    """A connection. A request must be complete within a time; twisted knows only a time-out after the last byte."""

    _until: float | None = None

    def resetTimeout(self) -> None:
        """Waits for further bytes until the deadline of the request, which begins with its first byte."""
        wait_s, now = settings.CLAWDBOT.limits.request_seconds, time.monotonic()
        if self._until is None:
            self._until = now + wait_s
        self.setTimeout(min(wait_s, max(0.01, self._until - now)))  # type: ignore[no-untyped-call]

    def allHeadersReceived(self) -> None:
        """Begins the time of the body."""
        self._until = time.monotonic() + settings.CLAWDBOT.limits.request_seconds
        super().allHeadersReceived()  # type: ignore[no-untyped-call]

    def extend(self, size: int) -> None:
        """Gives a large body more time for each byte that has arrived."""
        if self._until is not None:
            self._until += size / BYTES_PER_S

    def requestDone(self, request: Any) -> None:
        """Waits for the next request."""
        self._until = None
        self._savedTimeOut = settings.CLAWDBOT.limits.idle_seconds
        super().requestDone(request)  # type: ignore[no-untyped-call]

    def timeoutConnection(self) -> None:
        """Answers 408 if a request has begun, and closes the connection."""
        if self.requests:
            self.requests[-1].refuse(408, "The request took too long.")
        super().timeoutConnection()  # type: ignore[no-untyped-call]


class BoundedRequest(WebRequest):
    """Refuses a body as soon as its announced or received length exceeds the limit of its path."""

    _received = 0
    _refused = False

    def gotLength(self, length: int | None) -> None:
        """Checks the announced length before the body arrives."""
        super().gotLength(length)
        self._factory = self.channel.factory  # the channel forgets it when the connection ends
        self._limit = longest_body(self.channel._path.partition(b"?")[0].decode("latin-1"))
        if length is not None and length > self._limit:
            self._refuse_size()

    def handleContentChunk(self, data: bytes) -> None:
        """Counts each piece of the body, chunked or not."""
        if self._refused:
            return
        self._received += len(data)
        self._factory.bytes_in_flight += len(data)
        self.channel.extend(len(data))
        if self._received > self._limit:
            self._refuse_size()
        elif self._factory.bytes_in_flight > MOST_BYTES and self._received > settings.CLAWDBOT.limits.body_bytes:
            self.refuse(503, "Too many large requests at once.")
        else:
            super().handleContentChunk(data)

    def process(self) -> None:
        """Handles the complete request unless it was refused."""
        if not self._refused:
            super().process()

    def finish(self) -> None:
        """Ends an answered request."""
        self._release()
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        """Ends a request whose client is gone."""
        self._release()
        super().connectionLost(reason)

    def _release(self) -> None:
        if self._received:
            self._factory.bytes_in_flight -= self._received
        self._received = 0

    def _refuse_size(self) -> None:
        self.refuse(413, f"The body is larger than {self._limit} bytes.")

    def refuse(self, status: int, detail: str) -> None:
        """Answers with a problem document, ignores the rest of the request and closes the connection."""
        if self._refused or self.startedWriting:
            return
        self._refused = True
        document = problems.document(status, detail)
        body = json.dumps(document).encode()
        head = (
            f"HTTP/1.1 {status} {document['title']}\r\nContent-Type: {problems.CONTENT_TYPE}\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        transport = self.channel.transport
        transport.write(head.encode() + body)
        transport.loseWriteConnection()
        self.channel.callLater(LINGER_S, transport.abortConnection)


class BoundedHTTPFactory(HTTPFactory):
    """daphne's factory with `BoundedChannel` and `BoundedRequest`."""

    bytes_in_flight = 0

    def buildProtocol(self, addr: Any) -> Any:
        """Sets the classes and the time-out of each connection."""
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        protocol.timeOut = settings.CLAWDBOT.limits.idle_seconds
        return protocol

    @staticmethod
    def protocol() -> Any:
        """Returns the protocol of one connection."""
        return _GenericHTTPChannelProtocol(BoundedChannel())  # type: ignore[no-untyped-call]


def install() -> None:
    """Applies the limits to every server that daphne starts in this process."""
    daphne.server.HTTPFactory = BoundedHTTPFactory
    # Twisted parses every content type with the e-mail parser, a tenth of the cost of a webhook. The same few values
    # repeat, so they are cached.
    parse = getattr(twisted.web.http, "_parseContentType", None)
    if parse is not None and not hasattr(parse, "cache_info"):
        twisted.web.http._parseContentType = lru_cache(maxsize=256)(parse)
