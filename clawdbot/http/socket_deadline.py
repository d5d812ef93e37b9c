"""Ends the reading of an HTTP response at a deadline, or when the caller cancels, whatever bytes still arrive.

The time-out of a socket counts from the last byte, so a server that sends keep-alives, blank lines or single bytes
would hold a thread for ever.
"""

from __future__ import annotations

import contextlib
import contextvars
import http.client
import io
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

CHECK_EVERY_S = 0.5  # `cancelled` may be a query

_limit: contextvars.ContextVar[Limit | None] = contextvars.ContextVar("http_limit", default=None)


class Limit:
    """Deadline (`time.monotonic()`) and cancellation of the requests inside a block."""

    def __init__(self, deadline: float, cancelled: Callable[[], bool] | None) -> None:
        self.deadline = deadline
        self.cancelled = cancelled
        self._check_at = time.monotonic() + CHECK_EVERY_S

    def check(self) -> float:
        """Returns the seconds that are left.

        Raises:
            TimeoutError: The deadline has passed.
            ConnectionAbortedError: The caller cancelled.
        """
        now = time.monotonic()
        if now >= self.deadline:
            raise TimeoutError("the response took too long")
        if self.cancelled is not None and now >= self._check_at:
            self._check_at = now + CHECK_EVERY_S
            if self.cancelled():
                raise ConnectionAbortedError("cancelled")
        return self.deadline - now

    def wait(self, sock: socket.socket) -> None:
        """Returns when the socket has data; raises as `check` does."""
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        while True:
            left = self.check()
            if _decrypted(sock):
                return
            if poll.poll(min(left, CHECK_EVERY_S) * 1000):
                sock.settimeout(left)  # the rest of a TLS record may not come
                return


def _decrypted(sock: Any) -> bool:
    """Returns whether a TLS layer holds data that the socket below no longer shows.

    A connection through an https proxy has two layers: `urllib3.util.ssltransport.SSLTransport` over an SSLSocket.
    """
    if isinstance(sock, ssl.SSLSocket):
        return sock.pending() > 0
    layer = getattr(sock, "sslobj", None)
    return layer is not None and bool(layer.pending() or sock.incoming.pending or _decrypted(sock.socket))


@contextlib.contextmanager
def limited(deadline: float, cancelled: Callable[[], bool] | None = None) -> Iterator[None]:
    """Limits the requests of this thread inside the block, if their connections use `LimitedResponse`."""
    token = _limit.set(Limit(deadline, cancelled))
    try:
        yield
    finally:
        _limit.reset(token)


def current() -> Limit | None:
    """Returns the limit of the present block."""
    return _limit.get()


class LimitedResponse(http.client.HTTPResponse):
    """A response whose reads, from the status line on, respect the limit of the block in which it began."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if (limit := _limit.get()) is not None:
            self.fp = io.BufferedReader(_Reader(sock, self.fp.detach(), limit))


class _Reader(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase, limit: Limit) -> None:
        self._sock, self._raw, self._limit = sock, raw, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._limit.wait(self._sock)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()  # the connection's socket stays open until then
        super().close()
