"""HTTP/1.1 transport for the SDK's client that uses a third of the CPU of the default transport.

One process answers a hundred turns a second, so each millisecond per model call counts. http.client parses responses
faster than a pure-Python state machine. A body that is no event stream is read in one call.
"""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx2

from clawdbot.http import AddressRefused, errors, socket_deadline, tunnel
from clawdbot.http.addresses import open_public
from clawdbot.http.proxies import Proxy, proxy_for

if TYPE_CHECKING:
    Origin = tuple[str, str, int | None]

_MAX_IDLE = 32
_CHUNK = 65536
_MAX_BODY = 16 * 1024 * 1024
# A proxy needs the time of several connections: to itself, for the name, to the endpoint.
_PROXY_TIMES = 3
TransportFailure = httpx2.HTTPError
TransportTimeout = httpx2.TimeoutException
InvalidAddress = httpx2.InvalidURL
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


def _acknowledge_at_once(connection: http.client.HTTPConnection) -> None:
    """Sends ACKs at once: Linux delays them by 40 ms, and servers that write headers and body apart wait for them."""
    if _QUICKACK is not None and connection.sock is not None:
        with contextlib.suppress(OSError, AttributeError):  # TLS inside the TLS of a proxy has no options
            connection.sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)


def _is_stale(connection: http.client.HTTPConnection) -> bool:
    """Returns whether an idle connection is unusable: readable data means that it is closed or out of sync."""
    if connection.sock is None:
        return True
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


class _EventStream(httpx2.SyncByteStream):
    """Streams the body of a response. Closing it early closes the connection."""

    def __init__(self, transport: PooledTransport, origin: Origin, connection: http.client.HTTPConnection) -> None:
        self._transport, self._origin, self._connection = transport, origin, connection
        self.response: http.client.HTTPResponse | None = None

    def __iter__(self) -> Iterator[bytes]:
        response = self.response
        if response is None:
            return
        try:
            while data := response.read1(_CHUNK):
                _acknowledge_at_once(self._connection)
                yield data
        except TimeoutError as error:
            raise httpx2.ReadTimeout("no data in time") from error
        except (OSError, http.client.HTTPException) as error:
            raise httpx2.ReadError(type(error).__name__) from error

    def close(self) -> None:
        response, self.response = self.response, None
        if response is None:
            return
        if response.isclosed() and not response.will_close:
            self._transport.give_back(self._origin, self._connection)
        else:
            # The response holds the socket's file object as well.
            response.close()
            self._connection.close()


class PrivateAddress(httpx2.ConnectError):
    """The host is not public, and this endpoint may reach public hosts only."""


class PooledTransport(httpx2.BaseTransport):
    """Pools keep-alive connections by origin for all threads of the process.

    Args:
        trusted_host: The only host that may have a private address; "" for none. A redirect leads to public hosts.
    """

    def __init__(self, trusted_host: str = "") -> None:
        self._trusted_host = trusted_host.lower()
        self._idle: dict[Origin, deque[http.client.HTTPConnection]] = {}
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        origin = (url.scheme, url.host, url.port)
        timeout: dict[str, float | None] = request.extensions.get("timeout", {})
        body = request.read()
        headers = {name: value for name, value in request.headers.items() if name != "transfer-encoding"}
        path = url.raw_path.decode("ascii")
        if (proxy := self._forwarder(origin)) is not None:
            path = f"http://{url.netloc.decode('ascii')}{path}"
            headers |= proxy.headers()
        connection, reused = self._take(origin, timeout)
        try:
            reply = self._exchange(connection, request.method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            connection.close()
            if not reused:
                raise httpx2.RemoteProtocolError("the server closed the connection") from error
            # The server closed the idle connection before this request reached it, so a repeat is safe.
            connection = self._connect(origin, timeout)
            reply = self._exchange_or_raise(connection, request.method, path, body, headers)
        except BaseException as error:
            connection.close()
            raise _translated(error) from error
        return self._response(origin, connection, reply)

    def _exchange_or_raise(self, connection: http.client.HTTPConnection, *args: Any) -> http.client.HTTPResponse:
        try:
            return self._exchange(connection, *args)
        except BaseException as error:
            connection.close()
            raise _translated(error) from error

    @staticmethod
    def _exchange(
        connection: http.client.HTTPConnection, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        connection.request(method, path, body or None, headers)
        _acknowledge_at_once(connection)
        reply = connection.getresponse()
        _acknowledge_at_once(connection)
        return reply

    def _response(
        self, origin: Origin, connection: http.client.HTTPConnection, reply: http.client.HTTPResponse
    ) -> httpx2.Response:
        headers = reply.getheaders()
        kind = (reply.getheader("content-type") or "").lower()
        if kind.startswith("text/event-stream"):
            stream = _EventStream(self, origin, connection)
            stream.response = reply
            return httpx2.Response(reply.status, headers=headers, stream=stream)
        try:
            content = reply.read(_MAX_BODY + 1)
            if len(content) > _MAX_BODY:
                raise http.client.HTTPException("body too large")
        except BaseException as error:
            connection.close()
            raise _translated(error) from error
        if reply.will_close:
            connection.close()
        else:
            self.give_back(origin, connection)
        return httpx2.Response(reply.status, headers=headers, content=content)

    def _take(self, origin: Origin, timeout: dict[str, float | None]) -> tuple[http.client.HTTPConnection, bool]:
        while True:
            with self._lock:
                idle = self._idle.get(origin)
                connection = idle.pop() if idle else None
            if connection is None:
                return self._connect(origin, timeout), False
            if not _is_stale(connection):
                connection.sock.settimeout(timeout.get("read"))
                return connection, True
            connection.close()

    def _connect(self, origin: Origin, timeout: dict[str, float | None]) -> http.client.HTTPConnection:
        scheme, host, port = origin
        limit = timeout.get("connect")
        connection: http.client.HTTPConnection
        if scheme == "https":
            self._tls = self._tls or httpx2.create_ssl_context()
            connection = http.client.HTTPSConnection(host, port, timeout=limit, context=self._tls)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=limit)
        connection.response_class = socket_deadline.LimitedResponse
        if host != self._trusted_host:
            connection._create_connection = _to_public_host  # type: ignore[attr-defined]
        try:
            if (proxy := self._proxy(origin)) is not None:
                self._connect_through(proxy, connection, scheme)
            else:
                connection.connect()
        except AddressRefused as error:
            raise PrivateAddress(str(error)) from None
        except (TimeoutError, errors.HttpTimeout) as error:
            raise httpx2.ConnectTimeout("no connection in time") from error
        # UnicodeError: a host name with an empty or too long label
        except (OSError, UnicodeError, errors.HttpError) as error:
            raise httpx2.ConnectError(type(error).__name__) from error
        connection.sock.settimeout(timeout.get("read"))
        return connection

    def _proxy(self, origin: Origin) -> Proxy | None:
        return proxy_for(*origin) if self._trusted_host else None

    def _forwarder(self, origin: Origin) -> Proxy | None:
        """Returns the HTTP proxy that gets requests for a plain http address with the whole address; else None."""
        if origin[0] != "http":
            return None
        with contextlib.suppress(errors.HttpError):  # `_connect` raises it
            proxy = self._proxy(origin)
            return proxy if proxy is not None and not proxy.is_socks else None
        return None

    def _connect_through(self, proxy: Proxy, connection: http.client.HTTPConnection, scheme: str) -> None:
        limit = _PROXY_TIMES * connection.timeout if connection.timeout else None
        if scheme == "http" and not proxy.is_socks:
            connection.sock = tunnel.open_to_proxy(proxy, limit)
        else:
            connection.sock = tunnel.open_tunnel(proxy, connection.host, connection.port, limit)
            if self._tls is not None and scheme == "https":
                connection.sock = tunnel.secure(connection.sock, self._tls, connection.host)
        with contextlib.suppress(OSError, AttributeError):
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def give_back(self, origin: Origin, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            idle = self._idle.setdefault(origin, deque())
            if len(idle) < _MAX_IDLE:
                idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        with self._lock:
            idle = [connection for queue in self._idle.values() for connection in queue]
            self._idle.clear()
        for connection in idle:
            connection.close()


def _to_public_host(address: tuple[str, int], timeout: Any, _source: Any = None) -> socket.socket:
    """Connects as `http.client` does, but to the checked addresses of a public host only."""
    return open_public(*address, timeout)


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, TimeoutError):
        return httpx2.ReadTimeout("no answer in time")
    if isinstance(error, OSError):
        return httpx2.ReadError(type(error).__name__)
    if isinstance(error, http.client.HTTPException):
        return httpx2.RemoteProtocolError(type(error).__name__)
    return error


def http_client(endpoint: str, *, public_only: bool = False) -> httpx2.Client:
    """Returns the SDK's HTTP client for an endpoint. The transport alone reads the proxies of the environment.

    With `public_only` it uses no proxy, because the proxy would resolve the name, and this process could not check the
    address.
    """
    transport = PooledTransport("" if public_only else httpx2.URL(endpoint).host)
    return httpx2.Client(transport=transport, follow_redirects=True, trust_env=False)
