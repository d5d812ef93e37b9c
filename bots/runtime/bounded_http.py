"""A limit on request bodies inside the web server: daphne stores a whole body before the application sees a byte of it.

The application refuses what is too large for an address (`limits.body_bytes`); this holds what one request can cost in
memory and disk before that, also when no length is announced.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import daphne.server
import twisted.web.http
from daphne.http_protocol import HTTPFactory, WebRequest

# Uploads in the admin are the largest thing anybody sends.
LIMIT_BYTES = 16 * 1024 * 1024
_REFUSAL = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
_PROBLEM = b'{"type":"about:blank","title":"Content Too Large","status":413,"detail":"The body is too large."}'


class BoundedRequest(WebRequest):
    """A request that hangs up as soon as its body passes the limit, announced or not."""

    _received = 0
    _refused = False

    def gotLength(self, length: int | None) -> None:
        """Called with the announced length, before any of the body is read."""
        super().gotLength(length)
        if length is not None and length > LIMIT_BYTES:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        """Called with each piece of the body, also of a chunked one."""
        self._received += len(data)
        if self._refused:
            return
        if self._received > LIMIT_BYTES:
            self._refuse()
            return
        super().handleContentChunk(data)

    def process(self) -> None:
        """Called when the body is complete."""
        if not self._refused:
            super().process()

    def _refuse(self) -> None:
        self._refused = True
        self.channel.transport.write(_REFUSAL % (len(_PROBLEM), _PROBLEM))
        self.channel.loseConnection()


class BoundedHTTPFactory(HTTPFactory):
    """daphne's factory with bounded requests."""

    def buildProtocol(self, addr: Any) -> Any:
        """Called for each connection."""
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        return protocol


def install() -> None:
    """Makes every server that daphne starts in this process use the limit."""
    daphne.server.HTTPFactory = BoundedHTTPFactory
    # Twisted reads every POST's content type with the e-mail parser, which took a tenth of a webhook's whole cost; the
    # same few values come again and again.
    parse = getattr(twisted.web.http, "_parseContentType", None)
    if parse is not None and not hasattr(parse, "cache_info"):
        twisted.web.http._parseContentType = lru_cache(maxsize=256)(parse)
