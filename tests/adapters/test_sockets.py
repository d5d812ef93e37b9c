"""The sockets of platforms take the proxy of the environment; those that must stay public reach no private address."""

from __future__ import annotations

import socket

import pytest
from websockets.sync.server import ServerConnection

from adapters.errors import SendError
from adapters.sockets import Socket
from clawdbot import http
from tests.adapters.gateway import serving
from tests.proxy_server import serve_proxy

URL = "ws://gateway.example/connect"


def _echo(opened: ServerConnection) -> None:
    for message in opened:
        opened.send(message)


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h", "socks", "socks4a"])
@pytest.mark.parametrize("login", ["", "me:p%40ss@"])
def test_frames_go_through_the_proxy(scheme: str, login: str) -> None:
    with serving(_echo) as where, serve_proxy(int(where.rpartition(":")[2])) as proxy:
        if login and scheme != "socks4a":
            proxy.login = ("me", "p@ss")
        host = "gateway.example" if scheme != "socks5" else "192.0.2.5"
        http.configure_proxies({"all": proxy.url(scheme, login)})
        opened = Socket(URL.replace("gateway.example", host), hosts=[host], platform="Chat")
        opened.send("hello")
        assert opened.receive(10) == b"hello"
        opened.close()
        assert proxy.asked == [f"{host}:80"]


@pytest.mark.parametrize("value", ["foo://127.0.0.1:1", "http://h:99999", "socks5://u:secret-word@:1"])
def test_a_proxy_that_cannot_be_used_is_one_line(value: str) -> None:
    http.configure_proxies({"all": value})
    with pytest.raises(SendError, match="the proxy in ALL_PROXY cannot be used: write it as") as caught:
        Socket(URL, hosts=["gateway.example"], platform="Chat")
    assert not caught.value.permanent


@pytest.mark.parametrize("scheme", ["http", "socks5h", "socks4a"])
def test_a_proxy_that_is_not_there_is_no_connection(scheme: str) -> None:
    http.configure_proxies({"all": f"{scheme}://u:secret-word@127.0.0.1:1"})
    with pytest.raises(SendError) as caught:
        Socket(URL, hosts=["gateway.example"], platform="Chat")
    assert (caught.value.mark, caught.value.permanent) == ("not_reached", False)
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]"])
def test_a_private_address_is_refused_before_a_connection(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        port = listening.getsockname()[1]
        with pytest.raises(SendError) as refused:
            Socket(f"ws://{host}:{port}/", hosts=[host.strip("[]")], platform="WeCom", public_only=True)
        assert (refused.value.mark, refused.value.permanent) == ("foreign_address", True)
        with pytest.raises(TimeoutError):
            listening.accept()
