"""Connections that report when a request has left the machine and can be restricted to public addresses."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager, connectionpool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from clawdbot.http import socket_deadline, tunnel
from clawdbot.http.addresses import open_public
from clawdbot.http.proxies import Proxy, parsed
from clawdbot.redaction import RedactionFilter

POOL_MAXSIZE = 64  # connections kept per host; the outbox sends from as many threads
POOL_HOSTS = 32

logger = logging.getLogger(__name__)
# urllib3 logs request paths, and Bot API paths contain the token.
for _name in ("urllib3.connectionpool", "urllib3.connection"):
    logging.getLogger(_name).addFilter(RedactionFilter())


class Progress:
    """Progress of one running request.

    Attributes:
        written: True once the request was completely written to the socket.
    """

    __slots__ = ("_hook", "written")

    def __init__(self, hook: Callable[[], None] | None) -> None:
        self.written = False
        self._hook = hook

    def mark_written(self) -> None:
        """Records that the request was written. The connection calls it again after redirects; the hook runs once."""
        if self.written:
            return
        self.written = True
        if self._hook is not None:
            try:
                self._hook()
            except Exception:
                # The request was sent: raising here would lose its response and cause a second send.
                logger.exception("the on_written hook failed")


_hook: contextvars.ContextVar[Callable[[], None] | None] = contextvars.ContextVar("http_on_written", default=None)
_progress: contextvars.ContextVar[Progress | None] = contextvars.ContextVar("http_progress", default=None)


@contextlib.contextmanager
def observe(on_written: Callable[[], None]) -> Iterator[None]:
    """Calls `on_written` once for each request inside the block, as soon as the request has left this process.

    The call happens after the last byte was passed to the socket and before the wait for the response. If the hook
    stores this fact, a restart after kill -9 can tell "not sent" from "possibly sent". An exception of the hook is
    logged, not raised.

    Args:
        on_written: Called without arguments, in the thread that makes the request.
    """
    token = _hook.set(on_written)
    try:
        yield
    finally:
        _hook.reset(token)


def note_written() -> None:
    """Reports to `observe` something that was sent without HTTP, such as a WebSocket frame."""
    Progress(_hook.get()).mark_written()


@contextlib.contextmanager
def unobserved() -> Iterator[None]:
    """Hides the requests inside the block from `observe`: for requests that are safe to repeat, such as uploads."""
    token = _hook.set(None)
    try:
        yield
    finally:
        _hook.reset(token)


@contextlib.contextmanager
def tracked() -> Iterator[Progress]:
    """Tracks the progress of one request; used by the client."""
    progress = Progress(_hook.get())
    token = _progress.set(progress)
    try:
        yield progress
    finally:
        _progress.reset(token)


class _Reporting(HTTPConnection):
    response_class = socket_deadline.LimitedResponse

    def request(self, *args: Any, **kwargs: Any) -> None:
        # An exception, such as a broken pipe, means that the request was not fully written: it skips the lines below,
        # so the hook is not called. urllib3 ignores a broken pipe and still reads the response.
        super().request(*args, **kwargs)
        progress = _progress.get()
        if progress is not None:
            progress.mark_written()


class _ReportingTls(_Reporting, HTTPSConnection):
    pass


class _PublicOnly(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        # Resolving and connecting in one place pins the address, so no second DNS look-up can return another one. TLS
        # and the Host header still use the host name.
        try:
            return open_public(self._dns_host, self.port, self.timeout, self.socket_options or ())
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, socket.gaierror(str(error))) from None
        except TimeoutError:
            raise ConnectTimeoutError(self, "connecting timed out") from None
        except OSError as error:
            raise NewConnectionError(self, f"cannot connect: {error}") from None


class _PublicPlain(_PublicOnly, _Reporting):
    pass


class _PublicTls(_PublicOnly, _ReportingTls):
    pass


class _Tunnelled(HTTPConnection):
    proxy_server: Proxy

    def _new_conn(self) -> socket.socket:
        timeout = self.timeout if isinstance(self.timeout, (int, float)) else None
        sock = tunnel.open_tunnel(self.proxy_server, self._dns_host, self.port, timeout)
        sock.settimeout(timeout)
        return sock


def _pool_classes(plain: type[HTTPConnection], tls: type[HTTPConnection]) -> dict[str, type]:
    return {
        "http": type("Pool", (connectionpool.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("TlsPool", (connectionpool.HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }


_ANY_ADDRESS = _pool_classes(_Reporting, _ReportingTls)
_PUBLIC_ADDRESS = _pool_classes(_PublicPlain, _PublicTls)


class Transport(HTTPAdapter):
    """A `requests` transport that uses the connections above.

    It is used without a `requests.Session`, which would double the CPU per call, read the environment and share cookies
    between the accounts of different bots.
    """

    def __init__(self, *, public_only: bool) -> None:
        self._classes = _PUBLIC_ADDRESS if public_only else _ANY_ADDRESS
        super().__init__(pool_connections=POOL_HOSTS, pool_maxsize=POOL_MAXSIZE)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._classes

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        if not proxy.startswith("socks"):
            manager = super().proxy_manager_for(proxy, **proxy_kwargs)
            manager.pool_classes_by_scheme = self._classes
            return manager
        # requests has SOCKS by another library only; here every proxy takes the same way.
        if proxy not in self.proxy_manager:
            server = {"proxy_server": parsed(proxy, "ALL_PROXY")}
            pools = PoolManager(num_pools=POOL_HOSTS, maxsize=POOL_MAXSIZE, block=False)
            pools.pool_classes_by_scheme = _pool_classes(
                type("Socks", (_Tunnelled, _Reporting), server), type("SocksTls", (_Tunnelled, _ReportingTls), server)
            )
            self.proxy_manager[proxy] = pools
        return self.proxy_manager[proxy]


_transports: dict[bool, Transport] = {}


def transport(*, public_only: bool) -> Transport:
    """Returns the process's shared transport."""
    found = _transports.get(public_only)
    if found is None:
        found = _transports.setdefault(public_only, Transport(public_only=public_only))
    return found


def close() -> None:
    """Closes the pooled connections of this process."""
    while _transports:
        _transports.popitem()[1].close()


def _forget_after_fork() -> None:
    # Parent and child must not share a socket. The pools are dropped, not closed: a lock may have been held at the
    # fork.
    _transports.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
