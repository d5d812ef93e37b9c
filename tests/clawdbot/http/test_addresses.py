from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clawdbot import http
from clawdbot.http import addresses, transport
from tests.http_server import Answer, Server

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:db8::1",
    "not an address",
]
PUBLIC = ["8.8.8.8", "149.154.167.220", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_and_special_addresses_are_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_global_addresses_are_public(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "http://[::1]:9/",
        "http://[::ffff:127.0.0.1]:9/",
        "http://2130706433:9/",
    ],
)
def test_a_private_target_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(http.AddressRefused) as caught:
        http.request("GET", url, timeout=1, public_only=True)
    assert caught.value.permanent
    assert not caught.value.written


def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolver(["8.8.8.8", "10.0.0.1"]))
    with pytest.raises(http.AddressRefused):
        http.request("GET", "http://mixed.example/", timeout=1, public_only=True)


def test_the_checked_address_is_the_one_connected_to(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    looked_up: list[str] = []

    def resolve(host: str, *args: Any, **kwargs: Any) -> list[Any]:
        # A rebinding name server: a public address for the check, a private one for the next query.
        looked_up.append(host)
        address = "8.8.8.8" if len(looked_up) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    connected: list[Any] = []

    class Socket(socket.socket):
        def connect(self, address: Any) -> None:
            connected.append(address)
            raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(transport.socket, "socket", Socket)
    with pytest.raises(http.HttpConnectionError):
        http.request("GET", f"http://rebind.example:{port}/", timeout=1, public_only=True)
    assert connected == [("8.8.8.8", port)]
    assert server.requests == []


def test_a_public_name_is_reached_with_its_own_host_header(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    monkeypatch.setattr(socket, "getaddrinfo", _resolver(["127.0.0.1"], port))
    monkeypatch.setattr(addresses, "is_public", lambda address: True)
    response = http.request("GET", f"http://public.example:{port}/x", timeout=5, public_only=True)
    assert response.status == 200
    assert server.requests[0].headers["host"] == f"public.example:{port}"


def test_a_redirect_to_a_private_address_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    server.answer(Answer(302, headers={"Location": "http://169.254.169.254/latest/meta-data"}))
    with pytest.raises(http.AddressRefused):
        http.request("GET", f"http://127.0.0.1:{port}/", timeout=5, public_only=True, allow_redirects=True)


def test_an_unknown_name_is_a_passing_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    for public_only in (False, True):
        with pytest.raises(http.HttpConnectionError) as caught:
            http.request("GET", "http://missing.example/", timeout=1, public_only=public_only)
        assert not caught.value.permanent


@pytest.mark.parametrize(
    ("host", "port", "allowed", "fits"),
    [
        ("api.example.com", None, ["api.example.com"], True),
        ("API.example.com.", None, ["api.example.com"], True),
        ("evil-example.com", None, [".example.com"], False),
        ("a.example.com", None, [".example.com"], True),
        ("api.example.com.evil.org", None, ["api.example.com"], False),
        ("127.0.0.1", 81, ["127.0.0.1:81"], True),
        ("127.0.0.1", 82, ["127.0.0.1:81"], False),
        ("anything", None, ["", " "], False),
    ],
)
def test_allowed_hosts_match_exactly(host: str, port: int | None, allowed: list[str], fits: bool) -> None:
    assert addresses.host_allowed(host, port, allowed) is fits


def test_a_host_that_is_not_allowed_is_refused() -> None:
    with pytest.raises(http.AddressRefused):
        http.request("GET", "https://evil.example/", timeout=1, allowed_hosts=["hooks.slack.com"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_does_not_inherit_connections() -> None:
    # In its own process: a fork of the test runner with its threads can deadlock.
    code = (
        "import os\n"
        "from clawdbot.http import transport\n"
        "before = transport.transport(public_only=False)\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    os._exit(0 if transport.transport(public_only=False) is not before else 1)\n"
        "assert transport.transport(public_only=False) is before\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, timeout=30, check=False).returncode == 0


def _resolver(found: list[str], port: int = 80) -> Any:
    return lambda *args, **kwargs: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]
