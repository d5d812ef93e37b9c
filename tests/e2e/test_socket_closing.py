"""Close codes on the wire: the WebSocket library of the server must accept those of the consumer."""

from __future__ import annotations

import base64
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import SETTINGS
from tests.product import Product

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CLOSE = 0x8


@contextmanager
def connected(product: Product, bot: str = "demo") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", product.port), timeout=60) as raw:
        key = base64.b64encode(os.urandom(16)).decode()
        raw.sendall(
            f"GET /ws/chat/{bot}/ HTTP/1.1\r\nHost: 127.0.0.1:{product.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += raw.recv(1)
        assert b" 101 " in head.split(b"\r\n")[0]
        yield raw


def exactly(raw: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = raw.recv(count - len(found))
        assert part, "the connection ended without a close frame"
        found += part
    return found


def frame(raw: socket.socket) -> tuple[int, bytes]:
    first, length = exactly(raw, 2)
    if length == 126:
        (length,) = struct.unpack("!H", exactly(raw, 2))
    elif length == 127:
        (length,) = struct.unpack("!Q", exactly(raw, 8))
    return first & 0xF, exactly(raw, length)


def close_code(raw: socket.socket) -> int:
    while True:
        kind, body = frame(raw)
        if kind == CLOSE:
            return int(struct.unpack("!H", body[:2])[0])


@pytest.fixture
def own_product(tmp_path: Path) -> Iterator[Product]:
    started = Product(tmp_path / "home", dict(SETTINGS))
    started.start()
    yield started
    started.stop()


def test_the_close_codes_of_the_protocol_arrive(own_product: Product) -> None:
    with connected(own_product, "nobody") as raw:
        assert close_code(raw) == 4404
    with connected(own_product) as raw:
        assert b'"hello"' in frame(raw)[1]
        body = b"x" * 70_000
        raw.sendall(b"\x81\xff" + struct.pack("!Q", len(body)) + b"\0\0\0\0" + body)
        assert close_code(raw) == 4009
    with connected(own_product) as raw:
        assert b'"hello"' in frame(raw)[1]
        assert own_product.process is not None
        own_product.process.terminate()
        assert close_code(raw) == 4012
