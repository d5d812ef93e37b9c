"""A TCP proxy in front of a server on a Unix socket, whose network can be cut without a word."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class CutOff:
    """Forwards connections to a Unix socket. While it is cut, nothing passes and nothing is closed."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def cut(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        """What was sent meanwhile arrives late, as after a pause of the network."""
        self._open.set()

    def close(self) -> None:
        self._open.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # ends accept
        self._listener.close()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        self._open.wait()
        with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
            server.connect(self._target)
            other = {client: server, server: client}
            while True:
                for source in select.select(list(other), [], [])[0]:
                    data = source.recv(65536)
                    self._open.wait()
                    if not data:
                        return
                    other[source].sendall(data)


@contextmanager
def in_front_of(path: str) -> Iterator[CutOff]:
    """Runs the proxy in front of the Unix socket at `path`."""
    proxy = CutOff(path)
    threading.Thread(target=proxy.run, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.close()
