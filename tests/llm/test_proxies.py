"""A model answers through a proxy within its deadline; a proxy that cannot be used is the reason of the failure."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from bots.llm import NoModelAvailable, complete, connection_test
from bots.llm.http_transport import PooledTransport
from bots.operations.providers import first_model
from clawdbot import http
from tests.http_server import Answer, Server, json_answer, serve
from tests.llm.builders import QUESTION, chat, make_provider, stream
from tests.proxy_server import ProxyServer, serve_proxy

pytestmark = pytest.mark.django_db

HOST = "http://models.example:8000"


@pytest.fixture
def proxy(endpoint: Server) -> Iterator[ProxyServer]:
    with serve_proxy(_port(endpoint)) as running:
        yield running


def _port(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


@pytest.mark.parametrize("scheme", ["http", "socks5h", "socks", "socks4a"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_model_answers_through_the_proxy(scheme: str, streamed: bool, proxy: ProxyServer, endpoint: Server) -> None:
    http.configure_proxies({"all": proxy.url(scheme)})
    endpoint.answer(stream("re", "ady") if streamed else chat("ready"))
    row = make_provider(HOST)
    for _ in range(2):
        assert complete(QUESTION, on_token=(lambda _: None) if streamed else None).text == "ready"
    assert endpoint.requests[0].path == "/v1/chat/completions"
    assert endpoint.requests[0].headers["host"] == "models.example:8000"
    assert connection_test.test_provider(row).ok is not streamed
    assert all("models.example:8000" in asked for asked in proxy.asked)


def test_the_list_of_models_comes_through_the_proxy(proxy: ProxyServer, endpoint: Server) -> None:
    http.configure_proxies({"all": proxy.url("socks5h")})
    endpoint.answer(json_answer({"data": [{"id": "big"}]}))
    assert first_model(f"{HOST}/v1") == "big"


def test_a_model_on_this_machine_is_asked_directly(proxy: ProxyServer, endpoint: Server) -> None:
    http.configure_proxies({"all": proxy.url("socks5h")})
    endpoint.answer(chat("near"))
    make_provider(endpoint)
    assert complete(QUESTION).text == "near"
    assert proxy.asked == []


@pytest.mark.parametrize("value", ["foo://127.0.0.1:1", "socks5://u:secret-word@:1", "http://[::1"])
def test_the_next_provider_is_asked_when_the_proxy_cannot_be_used(value: str, second: Server) -> None:
    http.configure_proxies({"http": value})
    broken = make_provider(HOST)
    make_provider(second)
    second.answer(chat("yes"))
    assert complete(QUESTION).text == "yes"
    broken.refresh_from_db()
    assert broken.last_error.startswith("the proxy in HTTP_PROXY cannot be used: write it as http://HOST:PORT")
    assert "secret-word" not in broken.last_error
    assert str(connection_test.test_provider(broken).text) == broken.last_error


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_a_proxy_that_is_not_there_is_the_reason(scheme: str, proxy: ProxyServer) -> None:
    http.configure_proxies({"http": f"{scheme}://u:secret-word@127.0.0.1:1"})
    result = connection_test.test_provider(make_provider("http://192.0.2.9:8000"))
    assert str(result.text) == f"the proxy {scheme}://127.0.0.1:1 cannot be reached"
    with pytest.raises(NoModelAvailable):
        complete(QUESTION)


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_login_that_the_proxy_refuses_is_the_reason(scheme: str, proxy: ProxyServer) -> None:
    proxy.login = ("me", "right")
    http.configure_proxies({"all": proxy.url(scheme, "me:wrong@")})
    result = connection_test.test_provider(make_provider("https://models.example"))
    assert str(result.text) == f"the proxy {proxy.url(scheme)} refuses the login in its address"


@pytest.mark.parametrize("scheme", ["socks5h", "socks4a", "http"])
@pytest.mark.parametrize("host", ["http://models.example", "https://models.example"])
def test_the_deadline_holds_while_the_proxy_sends_single_bytes(
    scheme: str, host: str, proxy: ProxyServer, second: Server
) -> None:
    if (scheme, host) == ("http", "http://models.example"):
        pytest.skip("the proxy sends nothing of its own")
    proxy.drip_s = 0.4
    http.configure_proxies({"all": proxy.url(scheme)})
    make_provider(host, timeout_s=1.0)
    make_provider(second)
    second.answer(chat("yes"))
    started = time.monotonic()
    assert complete(QUESTION).text == "yes"
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_the_deadline_holds_while_the_model_keeps_the_connection_busy(
    scheme: str, streamed: bool, proxy: ProxyServer, endpoint: Server, second: Server
) -> None:
    until = time.monotonic() + 12
    endpoint.answer(
        Answer(
            200,
            b"",
            {"Content-Type": "text/event-stream" if streamed else "application/json"},
            (b": wait\n\n" if streamed else b"\n",) * 240,
            lambda: time.sleep(0.05 if time.monotonic() < until else 0),
        )
    )
    http.configure_proxies({"all": proxy.url(scheme)})
    make_provider(HOST, timeout_s=1.0)
    make_provider(second)
    second.answer(stream("yes") if streamed else chat("yes"))
    started = time.monotonic()
    assert complete(QUESTION, on_token=(lambda _: None) if streamed else None).text == "yes"
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("scheme", ["http", "https", "socks5h"])
def test_an_encrypted_model_answers_through_each_kind_of_proxy(
    scheme: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    transport = PooledTransport("models.example")
    transport._tls = ssl.create_default_context()
    big = b"x" * 300_000
    with (
        serve() as plain,
        serve_tls(plain, tls) as target,
        serve_proxy(target, tls if scheme == "https" else None) as to,
    ):
        plain.answer(Answer(200, big))
        http.configure_proxies({"https": to.url(scheme)})
        with httpx2.Client(transport=transport, trust_env=False) as client:
            for _ in range(3):
                assert client.post("https://models.example/v1/x", content=b"y" * 100_000, timeout=20).content == big
    assert to.kinds == ["socks5" if scheme == "socks5h" else "CONNECT"], "the connection is kept"
    assert [len(request.body) for request in plain.requests] == [100_000] * 3


@contextlib.contextmanager
def serve_tls(plain: Server, tls: ssl.SSLContext) -> Iterator[int]:
    """Gives a plain server a second port with TLS; yields the port."""

    def copy(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for side in (source, sink):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock = tls.wrap_socket(listener.accept()[0], server_side=True)
                other = socket.create_connection(("127.0.0.1", _port(plain)))
                for pair in ((sock, other), (other, sock)):
                    threading.Thread(target=copy, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
