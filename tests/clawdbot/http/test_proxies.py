"""Requests and sockets take the proxy that the environment names; a proxy that cannot be used is one clear line."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clawdbot import http
from clawdbot.http.proxies import Proxy, ProxyUnusable, is_excepted, parsed, proxy_for
from tests.http_server import Server
from tests.proxy_server import ProxyServer, serve_proxy

HOST = "api.messenger.example"


@pytest.fixture
def proxy(server: Server) -> Iterator[ProxyServer]:
    with serve_proxy(int(server.url.rpartition(":")[2])) as running:
        yield running


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [("http", "forward"), ("socks5h", "socks5"), ("socks", "socks5"), ("SOCKS5h", "socks5"), ("socks4a", "socks4")],
)
@pytest.mark.parametrize("variable", ["http", "all"])
def test_a_request_takes_the_proxy_which_looks_the_name_up(
    scheme: str, kind: str, variable: str, proxy: ProxyServer, server: Server
) -> None:
    http.configure_proxies({variable: proxy.url(scheme)})
    for _ in range(2):
        assert http.request("POST", f"http://{HOST}/send?a=b", json={"text": "你好"}, timeout=5).body == b"{}"
    assert set(proxy.kinds) == {kind}
    assert all(HOST in asked for asked in proxy.asked)
    assert server.requests[0].path == "/send?a=b"
    assert server.requests[0].json == {"text": "你好"}
    assert server.requests[0].headers["host"] == HOST


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_login_in_the_address_is_used_and_a_wrong_one_is_one_line(scheme: str, proxy: ProxyServer) -> None:
    proxy.login = ("me", "p@ss:word")
    http.configure_proxies({"all": proxy.url(scheme, "me:p%40ss%3Aword@")})
    assert http.request("GET", f"http://{HOST}/", timeout=5).ok
    http.close()
    http.configure_proxies({"all": proxy.url(scheme, "me:wrong-word@")})
    if scheme == "http":  # the proxy's own response
        assert http.request("GET", f"http://{HOST}/", timeout=5).status == 407
        return
    with pytest.raises(http.HttpConnectionError, match=f"the proxy socks5h://127.0.0.1:{proxy.port} refuses") as caught:
        http.request("GET", f"http://{HOST}/", timeout=5)
    assert "wrong-word" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "https", "socks5h", "socks4"])
def test_a_proxy_that_is_not_there_is_named(scheme: str, unused_port: int) -> None:
    http.configure_proxies({"all": f"{scheme}://u:hidden@127.0.0.1:{unused_port}"})
    for url in ("http://192.0.2.7/", "https://192.0.2.7/"):
        with pytest.raises(http.HttpConnectionError, match=f"the proxy {scheme}://127.0.0.1:{unused_port}") as caught:
            http.request("GET", url, timeout=5)
        assert "hidden" not in str(caught.value)
        assert not caught.value.written


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("scheme", ["http", "socks5h", "socks4a"])
@pytest.mark.parametrize("target", ["http", "https"])
def test_a_proxy_that_sends_single_bytes_holds_a_request_no_longer_than_its_time_out(
    scheme: str, target: str, proxy: ProxyServer
) -> None:
    if (scheme, target) == ("http", "http"):
        pytest.skip("the proxy sends nothing of its own")
    proxy.drip_s = 0.4
    http.configure_proxies({"all": proxy.url(scheme)})
    started = time.monotonic()
    with pytest.raises(http.HttpError):
        http.request("GET", f"{target}://{HOST}/", timeout=0.6)
    assert time.monotonic() - started < 3


BAD = ["foo://127.0.0.1:1", "http://", "http://host:99999", "socks5://[::1", "http://u:secret-word@:80", "a b", "://x"]


@pytest.mark.parametrize("value", BAD)
def test_a_value_that_cannot_be_used_is_one_line_without_the_value(
    value: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http.configure_proxies({"https": value, "no": "direct.example"})
    with pytest.raises(
        http.HttpConnectionError, match="the proxy in HTTPS_PROXY cannot be used: write it as"
    ) as caught:
        http.request("GET", f"https://{HOST}/", timeout=5)
    assert "secret-word" not in str(caught.value) + caplog.text
    assert not caught.value.permanent, "a reply waits until the operator has corrected it"
    assert proxy_for("https", "direct.example") is None
    [(name, problem)] = http.configured_proxies()
    assert name == "HTTPS_PROXY"
    assert isinstance(problem, ProxyUnusable)


@pytest.mark.parametrize(
    ("value", "proxy"),
    [
        ("127.0.0.1:7890", Proxy("http", "127.0.0.1", 7890)),
        ("localhost:7890", Proxy("http", "localhost", 7890)),
        ("socks://127.0.0.1:7891/", Proxy("socks5h", "127.0.0.1", 7891)),
        ("HTTP://Proxy.Example", Proxy("http", "proxy.example", 80)),
        ("https://proxy.example", Proxy("https", "proxy.example", 443)),
        ("socks5://[2001:db8::1]", Proxy("socks5", "2001:db8::1", 1080)),
        ("http://DOM\\user:p%40ss@proxy.example:3128/", Proxy("http", "proxy.example", 3128, "DOM\\user", "p@ss")),
    ],
)
def test_an_address_is_read_as_people_write_it(value: str, proxy: Proxy) -> None:
    assert parsed(value, "ALL_PROXY") == proxy
    assert parsed(proxy.url, "ALL_PROXY") == proxy


@pytest.mark.parametrize(
    ("host", "port", "exceptions", "excepted"),
    [
        ("localhost", 80, "", True),
        ("127.0.0.1", 8000, "", True),
        ("127.8.0.1", 8000, "", True),
        ("::1", 8000, "", True),
        ("a.example", 443, "*", True),
        ("a.example", 443, "b.example, A.example", True),
        ("x.a.example", 443, "a.example", True),
        ("x.a.example", 443, ".a.example", True),
        ("x.a.example", 443, "*.a.example", True),
        ("xa.example", 443, "a.example", False),
        ("a.example", 443, "a.example:443", True),
        ("a.example", 8443, "a.example:443", False),
        ("10.2.3.4", 80, "10.0.0.0/8", True),
        ("11.2.3.4", 80, "10.0.0.0/8", False),
        ("192.168.7.1", 80, "192.168.*", True),
        ("192.168.7.1", 80, "'localhost 192.168.7.1'", True),
        ("fd00::5", 80, "[fd00::5]:80", True),
        ("fd00::5", 80, "fd00::/8", True),
        ("a.example", 80, "10.0.0.0/8,,not/a/net", False),
    ],
)
def test_exceptions_are_those_of_curl(host: str, port: int, exceptions: str, excepted: bool) -> None:
    assert is_excepted(host, port, exceptions) is excepted
    http.configure_proxies({"all": "http://proxy.example:3128", "no": exceptions})
    assert (proxy_for("https", host, port) is None) is excepted


def test_a_scheme_without_its_own_proxy_takes_that_of_all() -> None:
    http.configure_proxies({"https": "http://one.example:1", "all": "socks5://two.example"})
    chosen = [proxy_for(scheme, "a.example") for scheme in ("https", "http")]
    assert [found.host if found else "" for found in chosen] == ["one.example", "two.example"]


@pytest.mark.parametrize("value", ["socks5://127.0.0.1:9", "foo://", "127.0.0.1:9"])
def test_no_value_keeps_the_product_from_starting(value: str, tmp_path: Path) -> None:
    variables = ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "http_proxy", "https_proxy")
    code = (
        "import django; django.setup()\n"
        "import adapters.sockets, bots.llm.client, bots.tasks, openai\n"
        "from bots.llm.http_transport import http_client\n"
        "http_client('https://models.example').close()\n"
    )
    environment = os.environ | dict.fromkeys(variables, value) | {"CLAWDBOT_HOME": str(tmp_path)}
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
