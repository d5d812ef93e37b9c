"""Limits request bodies inside daphne, which stores a whole body before the application sees any of it.

The application applies the limit of each address (`limits.body_bytes`) only after that. This limit bounds the memory
and disk that one request can use until then, with or without a Content-Length.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import daphne.server
import twisted.web.http
from daphne.http_protocol import HTTPFactory, WebRequest

# Uploads in the admin are the largest legitimate requests.
LIMIT_BYTES = 16 * 1024 * 1024
_REFUSAL = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
_PROBLEM = b'{"type":"about:blank","title":"Content Too Large","status":413,"detail":"The body is too large."}'


class BoundedRequest(WebRequest):
    """Answers 413 and closes the connection as soon as the announced or received length exceeds the limit."""

    _received = 0
    _refused = False

    def gotLength(self, length: int | None) -> None:
        """Checks the announced length before the body arrives."""
        super().gotLength(length)
        if length is not None and length > LIMIT_BYTES:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        """Counts each piece of the body, chunked or not."""
        self._received += len(data)
        if self._refused:
            return
        if self._received > LIMIT_BYTES:
            self._refuse()
            return
        super().handleContentChunk(data)

    def process(self) -> None:
        """Handles the complete request unless it was refused."""
        if not self._refused:
            super().process()

    def _refuse(self) -> None:
        self._refused = True
        self.channel.transport.write(_REFUSAL % (len(_PROBLEM), _PROBLEM))
        self.channel.loseConnection()


class BoundedHTTPFactory(HTTPFactory):
    """daphne's factory with `BoundedRequest`."""

    def buildProtocol(self, addr: Any) -> Any:
        """Sets the request class of each connection."""
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        return protocol


def install() -> None:
    """Applies the limit to every server that daphne starts in this process."""
    daphne.server.HTTPFactory = BoundedHTTPFactory
    # Twisted parses every content type with the e-mail parser, a tenth of the cost of a webhook. The same few values
    # repeat, so they are cached.
    parse = getattr(twisted.web.http, "_parseContentType", None)
    if parse is not None and not hasattr(parse, "cache_info"):
        twisted.web.http._parseContentType = lru_cache(maxsize=256)(parse)
