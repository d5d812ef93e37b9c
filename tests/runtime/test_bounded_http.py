"""A daphne that is started by the line of the Procfile bounds sizes and times of every request."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clawdbot_site.builders import ROOT, environment, run
from tests.product import Product, free_port

MB = 1024 * 1024
LIMITS = {"CLAWDBOT_LIMITS__REQUEST_SECONDS": "2", "CLAWDBOT_LIMITS__IDLE_SECONDS": "3"}


@dataclass
class Daphne:
    """The process of the line `web:`."""

    port: int
    process: subprocess.Popen[bytes]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 60)

    def peak_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024


def web_command(port: int) -> list[str]:
    lines = (ROOT / "deploy" / "Procfile").read_text().splitlines()
    line = next(line.removeprefix("web:") for line in lines if line.startswith("web:"))
    line = line.replace("${HOST:-127.0.0.1}", "127.0.0.1").replace("${PORT:-8080}", str(port))
    program, *arguments = shlex.split(line)
    return [str(Path(sys.executable).parent / Path(program).name), *arguments]


@pytest.fixture(scope="module")
def daphne(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daphne]:
    home, port = tmp_path_factory.mktemp("daphne"), free_port()
    Product(home).migrate()
    assert run("bot", "add", "ada", home=home).returncode == 0
    process = subprocess.Popen(web_command(port), cwd=ROOT, env=environment(home, **LIMITS))
    try:
        started = Daphne(port, process)
        while True:
            try:
                started.connect().close()
                break
            except OSError:
                assert process.poll() is None
                time.sleep(0.1)
        yield started
    finally:
        process.kill()
        process.wait(60)


def head(path: str, *lines: str, method: str = "POST") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", "")).encode()


def answer(connection: socket.socket) -> bytes:
    """Returns everything that arrives until the server closes the connection."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionError:
        pass
    return received


def status(received: bytes) -> int:
    return int(received.split(b" ", 2)[1]) if received else 0


def problem(received: bytes) -> Any:
    headers, _, body = received.partition(b"\r\n\r\n")
    assert b"application/problem+json" in headers
    return json.loads(body)


def send_until_closed(connection: socket.socket, pieces: Callable[[], bytes], pause_s: float = 0.0) -> None:
    connection.settimeout(60)
    try:
        while True:
            connection.sendall(pieces())
            time.sleep(pause_s)
    except OSError:
        pass


def test_a_body_within_the_limit_is_answered_by_the_application(daphne: Daphne) -> None:
    with daphne.connect() as connection:
        body = b"x" * 1_000_000
        connection.sendall(head("/api/nothing", f"Content-Length: {len(body)}", "Connection: close") + body)
        assert status(answer(connection)) == 404


@pytest.mark.parametrize("path", ["/api/webhook/x", "/api/v1/messages/", "/", "/chat/ada/"])
def test_an_announced_length_over_the_limit_is_refused_at_the_headers(daphne: Daphne, path: str) -> None:
    with daphne.connect() as connection:
        connection.sendall(head(path, "Content-Length: 400000000"))
        received = answer(connection)
    assert (status(received), problem(received)["detail"]) == (413, f"The body is larger than {MB} bytes.")


@pytest.mark.parametrize("path", ["/api/v1/messages/", "/", "/admin/login/"])
def test_a_chunked_body_is_refused_while_it_arrives(daphne: Daphne, path: str) -> None:
    chunk = b"%x\r\n" % MB + b"x" * MB + b"\r\n"
    before = daphne.peak_mb()
    for _ in range(3):
        with daphne.connect() as connection:
            connection.sendall(head(path, "Transfer-Encoding: chunked"))
            left = iter(range(64))
            try:
                for _number in left:
                    connection.sendall(chunk)
            except OSError:
                pass
            received = answer(connection)
        assert status(received) in (413, 0)  # 0: the rest of the body destroyed the answer on its way
    assert daphne.peak_mb() - before < 30


def test_an_answer_reaches_a_client_that_sends_on(daphne: Daphne) -> None:
    with daphne.connect() as connection:
        connection.sendall(head("/api/v1/messages/", "Transfer-Encoding: chunked"))
        for _ in range(17):
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        received = answer(connection)
    assert (status(received), problem(received)["status"]) == (413, 413)


def test_the_admin_takes_an_upload(daphne: Daphne) -> None:
    with daphne.connect() as connection:
        body = b"x" * (4 * MB)
        connection.sendall(head("/admin/login/", f"Content-Length: {len(body)}", "Connection: close") + body)
        assert status(answer(connection)) == 403  # Django misses the CSRF token


def test_large_bodies_at_once_are_bounded_together(daphne: Daphne) -> None:
    connections = [daphne.connect() for _ in range(10)]
    body = b"x" * (15 * MB)
    try:
        for connection in connections:
            connection.sendall(head("/admin/login/", f"Content-Length: {len(body) + 1}"))
            try:
                connection.sendall(body)
            except OSError:
                pass
        answered = [status(answer(connection)) for connection in connections]
    finally:
        for connection in connections:
            connection.close()
    # the last ones do not fit; the others end because their last byte never comes
    assert answered.count(503) >= 1
    assert set(answered) <= {503, 408, 0}


def test_large_bodies_do_not_keep_out_small_ones(daphne: Daphne) -> None:
    connections = [daphne.connect() for _ in range(10)]
    try:
        for connection in connections:
            connection.sendall(head("/admin/login/", f"Content-Length: {16 * MB}"))
            try:
                connection.sendall(b"x" * (15 * MB))
            except OSError:
                pass
        with daphne.connect() as connection:
            connection.sendall(head("/api/nothing", "Content-Length: 5", "Connection: close") + b"small")
            assert status(answer(connection)) == 404
    finally:
        for connection in connections:
            connection.close()


def test_a_body_whose_sender_is_gone_counts_no_longer(daphne: Daphne) -> None:
    for _ in range(12):
        with daphne.connect() as connection:
            connection.sendall(head("/admin/login/", f"Content-Length: {16 * MB}") + b"x" * (15 * MB))
    body = b"x" * (4 * MB)
    with daphne.connect() as connection:
        connection.sendall(head("/admin/login/", f"Content-Length: {len(body)}", "Connection: close") + body)
        assert status(answer(connection)) == 403


@pytest.mark.parametrize("lines", [["X-Long: " + "x" * 70_000], [f"X-{number}: x" for number in range(2000)]])
def test_a_large_head_is_refused(daphne: Daphne, lines: list[str]) -> None:
    with daphne.connect() as connection:
        try:
            connection.sendall(head("/healthz", *lines, method="GET"))
        except OSError:
            pass
        assert status(answer(connection)) in (400, 0)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /healthz HT",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
        head("/api/nothing", "Content-Length: 1000"),
        head("/api/nothing", "Transfer-Encoding: chunked"),
    ],
    ids=["nothing", "request line", "headers", "body", "chunked body"],
)
def test_a_request_that_trickles_in_is_ended(daphne: Daphne, begun: bytes) -> None:
    piece = b"1\r\nx\r\n" if b"chunked" in begun else b"x"
    with daphne.connect() as connection:
        connection.sendall(begun or b"G")
        send_until_closed(connection, lambda: piece, 0.2)


@pytest.mark.parametrize("sent", [b"", head("/healthz", method="GET")], ids=["silent", "kept alive"])
def test_an_idle_connection_is_closed(daphne: Daphne, sent: bytes) -> None:
    with daphne.connect() as connection:
        connection.sendall(sent)
        received = answer(connection)
    assert status(received) == (200 if sent else 0)


def test_a_slow_body_that_makes_progress_is_taken(daphne: Daphne) -> None:
    """The time of a body grows with its bytes: this one takes longer than two seconds."""
    body = b"x" * 500_000
    with daphne.connect() as connection:
        connection.sendall(head("/api/nothing", f"Content-Length: {len(body)}", "Connection: close"))
        for start in range(0, len(body), 100_000):
            connection.sendall(body[start : start + 100_000])
            time.sleep(0.7)
        assert status(answer(connection)) == 404


def test_a_socket_takes_no_large_message(daphne: Daphne) -> None:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    address = f"ws://127.0.0.1:{daphne.port}/ws/chat/ada/"
    with connect(address, origin=f"http://127.0.0.1:{daphne.port}") as connection:
        assert "history" in connection.recv()
        with pytest.raises(ConnectionClosed) as closed:
            _exchange(connection, "x" * (8 * MB))
    # the rest of the message may destroy the reason on its way
    assert closed.value.rcvd is None or closed.value.rcvd.code == 1009


def _exchange(connection: Any, text: str) -> None:
    connection.send(text)
    while True:
        connection.recv()
