"""A connection to the mail server with a deadline for all of it: smtplib has time-outs for single reads alone.

A server that sends a byte now and then would keep the connection for ever.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from django.core.mail.backends.smtp import EmailBackend


class Connection(EmailBackend):
    """Django's connection, which ends after `deadline_s` seconds within `deadline`."""

    def __init__(self, deadline_s: float) -> None:
        super().__init__(timeout=max(1, round(deadline_s / 3)))
        self._deadline_s = deadline_s
        self._sockets: list[socket.socket] = []

    @property
    def connection_class(self) -> Any:
        """The class of smtplib, which notes its socket: while it waits for a greeting there is no connection yet."""
        base: Any = smtplib.SMTP_SSL if self.use_ssl else smtplib.SMTP
        sockets = self._sockets

        class Noting(base):
            def _get_socket(self, *args: Any) -> Any:
                sockets.append(super()._get_socket(*args))
                return sockets[-1]

        return Noting

    @contextlib.contextmanager
    def deadline(self) -> Iterator[None]:
        """Ends the connection when the time of the block is up; what waits for it gets an OSError."""
        timer = threading.Timer(self._deadline_s, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end(self) -> None:
        secured = getattr(self.connection, "sock", None)  # another one after STARTTLS
        for one in (*self._sockets, secured):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)  # wakes a thread that reads, as close does not
