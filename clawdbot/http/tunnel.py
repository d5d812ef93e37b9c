"""Opens a connection to a host through a proxy: by CONNECT or SOCKS."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any, cast

from clawdbot.http import errors, socket_deadline
from clawdbot.http.proxies import Proxy
from clawdbot.reasons import Reason

if TYPE_CHECKING:
    from python_socks.sync import Proxy as SocksProxy


def open_tunnel(proxy: Proxy, host: str, port: int, timeout: float | None) -> socket.socket:
    """Returns a socket whose other end is `host`; of an https proxy a socket inside the TLS connection to the proxy.

    Args:
        proxy: The proxy.
        host: Host name or IP address without brackets. "socks5h", "socks4a" and HTTP proxies look the name up.
        port: Port of the host.
        timeout: Seconds for everything; the limit of `socket_deadline` counts too.

    Raises:
        HttpTimeout: The proxy did not answer in time.
        HttpConnectionError: The proxy cannot be reached, refuses the login or cannot reach the host.
    """
    deadline = time.monotonic() + (timeout if timeout is not None else socket.getdefaulttimeout() or 60.0)
    limit = socket_deadline.current()
    if limit is not None:
        deadline = min(deadline, limit.deadline)
    with socket_deadline.limited(deadline, limit.cancelled if limit is not None else None):
        return _open(proxy, host, port)


def open_to_proxy(proxy: Proxy, timeout: float | None) -> socket.socket:
    """Returns a socket to the proxy itself, for plain HTTP requests that name the whole address.

    Raises:
        HttpConnectionError: The proxy cannot be reached.
    """
    try:
        sock = socket.create_connection((proxy.host, proxy.port), timeout)
        if proxy.scheme != "https":
            return sock
        return ssl.create_default_context().wrap_socket(sock, server_hostname=proxy.host)
    except TimeoutError:
        raise errors.HttpTimeout(Reason("proxy_too_slow", proxy=proxy.shown)) from None
    except (OSError, UnicodeError):
        raise errors.HttpConnectionError(Reason("proxy_unreachable", proxy=proxy.shown)) from None


def secure(sock: socket.socket, context: ssl.SSLContext, host: str) -> socket.socket:
    """Returns the TLS connection over a socket, which may be a TLS connection to a proxy itself."""
    if not isinstance(sock, ssl.SSLSocket):
        return context.wrap_socket(sock, server_hostname=host)
    from urllib3.util.ssltransport import SSLTransport

    return cast(socket.socket, SSLTransport(sock, context, host))


def _open(proxy: Proxy, host: str, port: int) -> socket.socket:
    sock = open_to_proxy(proxy, _left(proxy))
    try:
        sock.settimeout(_left(proxy))
        if proxy.is_socks:
            _socks(proxy, sock, host, port)
        else:
            _connect(proxy, sock, host, port)
    except BaseException as error:
        sock.close()
        if isinstance(error, TimeoutError):
            raise errors.HttpTimeout(Reason("proxy_too_slow", proxy=proxy.shown)) from None
        if isinstance(error, (OSError, http.client.HTTPException)):
            raise errors.HttpConnectionError(Reason("proxy_gives_up", proxy=proxy.shown)) from None
        raise
    return sock


def _left(proxy: Proxy) -> float:
    limit = socket_deadline.current()
    try:
        return limit.check() if limit is not None else 60.0
    except TimeoutError:
        raise errors.HttpTimeout(Reason("proxy_too_slow", proxy=proxy.shown)) from None


def _connect(proxy: Proxy, sock: socket.socket, host: str, port: int) -> None:
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    lines += [f"{name}: {value}" for name, value in proxy.headers().items()]
    sock.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1"))
    reply = socket_deadline.LimitedResponse(sock, method="CONNECT")
    try:
        reply.begin()
        if not 200 <= reply.status < 300:
            raise errors.HttpConnectionError(_refused(proxy, reply.status))
    finally:
        reply.close()


def _socks(proxy: Proxy, sock: socket.socket, host: str, port: int) -> None:
    from python_socks import ProxyError, ProxyTimeoutError, ProxyType
    from python_socks.sync import Proxy as SocksProxy

    kind = ProxyType.SOCKS4 if proxy.scheme.startswith("socks4") else ProxyType.SOCKS5
    looks_up = proxy.scheme in ("socks4a", "socks5h")
    client = SocksProxy(
        kind,
        proxy.host,
        proxy.port,
        proxy.username or None,
        proxy.password if proxy.username else None,
        rdns=looks_up,
        forward=cast("SocksProxy", _Opened(sock)),
    )
    try:
        client.connect(host, port)
    except ProxyTimeoutError:
        raise TimeoutError from None
    except (ProxyError, AssertionError, ValueError) as error:  # asserted: a login where none is configured
        login = isinstance(error, AssertionError) or "auth" in str(error).lower()
        raise errors.HttpConnectionError(_refused(proxy, 407 if login else 0)) from None


class _Opened:
    """Gives the SOCKS client a socket that is connected to the proxy and ends each read at the deadline.

    The time-out of a socket begins again with each byte, so a proxy that sends single bytes would hold the thread.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def connect(self, **_where: Any) -> _Opened:
        return self

    def recv(self, size: int) -> bytes:
        limit = socket_deadline.current()
        if limit is not None:
            limit.wait(self._sock)
        return self._sock.recv(size)

    def sendall(self, data: bytes) -> None:
        self._sock.sendall(data)

    def close(self) -> None:
        self._sock.close()


def _refused(proxy: Proxy, status: int) -> Reason:
    if status in (401, 407):
        return Reason("proxy_login", proxy=proxy.shown)
    if status == 403:
        return Reason("proxy_forbids", proxy=proxy.shown)
    return Reason("proxy_gives_up", proxy=proxy.shown)
