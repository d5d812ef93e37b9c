"""The transport of the SDK keeps connections and replaces those that the server closed."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import httpx2
import pytest

from bots.llm.http_transport import PooledTransport


class _Counting(http.server.ThreadingHTTPServer):
    daemon_threads = True
    connections = 0
    close_after_reply = False

    def process_request(self, request: object, client_address: object) -> None:
        self.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Counting

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        # Closed without "Connection: close": the client notices only at the next request.
        self.close_connection = self.server.close_after_reply


@pytest.fixture
def server() -> Iterator[_Counting]:
    running = _Counting(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join(60)


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=PooledTransport("127.0.0.1"), trust_env=False) as made:
        yield made


def test_calls_share_one_connection(server: _Counting, client: httpx2.Client) -> None:
    for number in range(5):
        reply = client.post(f"http://127.0.0.1:{server.server_port}/", content=f"{number}")
        assert reply.text == str(number)
    assert server.connections == 1


def test_a_connection_closed_while_idle_is_replaced(server: _Counting, client: httpx2.Client) -> None:
    server.close_after_reply = True
    for number in range(5):
        assert client.post(f"http://127.0.0.1:{server.server_port}/", content=f"{number}").text == str(number)
    assert server.connections == 5


def test_threads_do_not_mix_up_answers(server: _Counting, client: httpx2.Client) -> None:
    wrong: list[str] = []

    def run(name: str) -> None:
        for number in range(30):
            sent = f"{name}-{number}"
            if client.post(f"http://127.0.0.1:{server.server_port}/", content=sent).text != sent:
                wrong.append(sent)

    threads = [threading.Thread(target=run, args=(str(index),)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert server.connections <= 8


def test_a_server_that_is_not_there_is_a_connect_error(client: httpx2.Client) -> None:
    with pytest.raises(httpx2.ConnectError):
        client.post("http://127.0.0.1:9/", content="x")
