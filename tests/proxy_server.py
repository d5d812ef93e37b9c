"""A real proxy on loopback: SOCKS 4 and 5, CONNECT and plain HTTP requests. It leads every host to one port here."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class ProxyServer:
    """The proxy's address and what it was asked for.

    Attributes:
        target: Port on loopback that stands for every host.
        login: (user, password) that it asks for.
        drip_s: Pause before each byte of its own replies.
        asked: Hosts with ports, in order.
        kinds: How it was asked: "socks4", "socks5", "CONNECT" or "forward".
    """

    port: int = 0
    target: int = 0
    login: tuple[str, str] | None = None
    drip_s: float = 0.0
    asked: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def url(self, scheme: str, login: str = "") -> str:
        return f"{scheme}://{login}127.0.0.1:{self.port}"


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            first = self._exactly(1)
            if first == b"\x05":
                self._socks5()
            elif first == b"\x04":
                self._socks4()
            else:
                self._http(first)

    @property
    def _script(self) -> ProxyServer:
        script: ProxyServer = self.server.script  # type: ignore[attr-defined]
        return script

    def _note(self, kind: str, host: str) -> None:
        self._script.kinds.append(kind)
        self._script.asked.append(host)

    def _reply(self, data: bytes) -> None:
        if not self._script.drip_s:
            self.request.sendall(data)
            return
        for byte in data:
            time.sleep(self._script.drip_s)
            self.request.sendall(bytes([byte]))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.request.recv(count - len(data))
            if not piece:
                raise OSError
            data += piece
        return data

    def _socks5(self) -> None:
        methods = self._exactly(self._exactly(1)[0])
        wanted = b"\x02" if self._script.login else b"\x00"
        if wanted not in methods:
            self._reply(b"\x05\xff")
            return
        self._reply(b"\x05" + wanted)
        if self._script.login:
            self._exactly(1)
            user = self._exactly(self._exactly(1)[0]).decode()
            password = self._exactly(self._exactly(1)[0]).decode()
            fits = (user, password) == self._script.login
            self._reply(b"\x01" + (b"\x00" if fits else b"\x01"))
            if not fits:
                return
        kind = self._exactly(4)[3]
        if kind == 3:
            host = self._exactly(self._exactly(1)[0]).decode()
        else:
            host = socket.inet_ntop(
                *((socket.AF_INET, self._exactly(4)) if kind == 1 else (socket.AF_INET6, self._exactly(16)))
            )
        port = struct.unpack(">H", self._exactly(2))[0]
        self._note("socks5", f"{host}:{port}")
        self._reply(b"\x05\x00\x00\x01" + bytes(6))
        self._pipe(b"")

    def _socks4(self) -> None:
        _, port, address = struct.unpack(">BH4s", self._exactly(7))
        self._word()
        host = self._word() if address[:3] == b"\0\0\0" else socket.inet_ntoa(address)
        self._note("socks4", f"{host}:{port}")
        self._reply(b"\x00\x5a" + bytes(6))
        self._pipe(b"")

    def _word(self) -> str:
        found = b""
        while (byte := self._exactly(1)) != b"\0":
            found += byte
        return found.decode()

    def _http(self, head: bytes) -> None:
        while b"\r\n\r\n" not in head:
            head += self._exactly(1)
        line, *headers = head.decode("latin-1").split("\r\n")
        method, where, version = line.split(" ")
        self._note("CONNECT" if method == "CONNECT" else "forward", where)
        if self._script.login:
            login = base64.b64encode(":".join(self._script.login).encode()).decode()
            if f"Proxy-Authorization: Basic {login}" not in headers:
                self._reply(b"HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n")
                return
        if method == "CONNECT":
            self._reply(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._pipe(b"")
        else:
            path = "/" + where.split("/", 3)[3]
            kept = [header for header in headers if not header.startswith("Proxy-")]
            self._pipe("\r\n".join([f"{method} {path} {version}", *kept]).encode("latin-1"))

    def _pipe(self, begun: bytes) -> None:
        with socket.create_connection(("127.0.0.1", self._script.target)) as other:
            other.sendall(begun)
            sides = {self.request: other, other: self.request}
            while True:
                waiting = [side for side in sides if isinstance(side, ssl.SSLSocket) and side.pending()]
                for side in waiting or select.select(list(sides), [], [])[0]:
                    data = side.recv(65536)
                    if not data:
                        return
                    sides[side].sendall(data)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    script: ProxyServer
    tls: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        sock, address = super().get_request()
        return (self.tls.wrap_socket(sock, server_side=True) if self.tls else sock), address

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def serve_proxy(target: int, tls: ssl.SSLContext | None = None) -> Iterator[ProxyServer]:
    """Runs a proxy that leads every host to the port `target` of this machine.

    Args:
        target: The port.
        tls: Certificate of an https proxy.
    """
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.tls = tls
        server.script = ProxyServer(server.server_address[1], target)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.script
        finally:
            server.shutdown()
            thread.join(5)
