"""A server that sends its response byte by byte."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator

HEAD = b"HTTP/1.1 200 OK\r\n"
# Bytes that are sent once, and those that are repeated after them.
DRIPS = {
    "status line": (HEAD[:-2], b" "),
    "one header": (HEAD + b"X-Long: ", b"a"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
    "chunk size": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
}


@contextlib.contextmanager
def dripping(name: str) -> Iterator[str]:
    """Runs a server that sends its response byte by byte, for 8 seconds at most; yields its address."""
    once, repeated = DRIPS[name]
    until = time.monotonic() + 8

    def answer(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock = listener.accept()[0]
                sock.recv(65536)
                threading.Thread(target=drip, args=(sock,), daemon=True).start()

    def drip(sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            for byte in itertools.chain(once, itertools.cycle(repeated)):
                sock.sendall(bytes([byte]))
                time.sleep(0.02)
                if time.monotonic() > until:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
