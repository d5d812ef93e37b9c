"""Connections of this process: one thread with an event loop owns them, other threads ask it.

A connection is reused until it fails, idles, or its row changes. After a failed start the circuit of the server is
open: calls fail at once until its pause is over.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from clawdbot.circuit_breaker import CircuitBreaker
from clawdbot.reasons import Reason, why
from skills.mcp import reaper
from skills.mcp.connection import Connection
from skills.mcp.endpoint import Endpoint
from skills.mcp.failures import ANSWERS, OTHER_HANDSHAKE, McpFailure, code_of
from skills.mcp.listings import Listing

if TYPE_CHECKING:
    from mcp_types import CallToolResult

_T = TypeVar("_T")
_PAUSE_S = 15.0
_LONGEST_PAUSE_S = 300.0
_CALLS_TO_OPEN = 3
_SPARE_S = 2.0

breaker: CircuitBreaker[int] = CircuitBreaker(
    pause_s=_PAUSE_S, longest_pause_s=_LONGEST_PAUSE_S, failures_to_open=_CALLS_TO_OPEN
)
_lock = threading.Lock()
_thread: _Thread | None = None


def call(
    endpoint: Endpoint,
    name: str,
    arguments: Mapping[str, Any],
    *,
    limit_s: float,
    check: Callable[[Listing], None] = lambda listing: None,
) -> CallToolResult:
    """Calls a tool; connects first where there is no connection.

    Args:
        endpoint: The server.
        name: Name of the tool at its server.
        arguments: Values of JSON types.
        limit_s: Time limit of the call itself; connecting has its own.
        check: Gets the tools that the server lists now. What it raises is raised here, and nothing is called.

    Raises:
        McpFailure: There is no result.
    """

    async def work(connection: Connection) -> CallToolResult:
        check(await connection.listing())
        return await connection.call(name, arguments, limit_s)

    return _with_connection(endpoint, work, endpoint.start_s + limit_s)


def tools(endpoint: Endpoint, *, fresh: bool = False) -> Listing:
    """Returns what the server lists.

    Args:
        endpoint: The server.
        fresh: Reads the list again and tries also where the circuit is open: somebody has asked for it.

    Raises:
        McpFailure: The server gives no list.
    """
    began = time.monotonic()

    async def work(connection: Connection) -> Listing:
        # A connection that was opened for this call has just read the list.
        return await connection.listing(time.monotonic() - began if fresh else None)

    if fresh:
        breaker.succeeded(endpoint.server_id)
    return _with_connection(endpoint, work, endpoint.start_s)


def forget(server_id: int) -> None:
    """Closes the connection to a server whose row was changed or deleted, and its circuit."""
    breaker.succeeded(server_id)
    thread = _thread
    if thread is not None and thread.pid == os.getpid():
        thread.submit(thread.drop(server_id))


def clear_cache() -> None:
    """Closes every connection and circuit, and ends the thread."""
    global _thread
    breaker.clear_cache()
    with _lock:
        thread, _thread = _thread, None
    if thread is not None and thread.pid == os.getpid():
        thread.stop()
    reaper.clear_cache()


def _with_connection(endpoint: Endpoint, work: Callable[[Connection], Awaitable[_T]], limit_s: float) -> _T:
    if refusal := breaker.refusal(endpoint.server_id):
        raise McpFailure(Reason("mcp_pause", why=refusal.reason, seconds=max(1, round(refusal.wait_s))))
    import mcp  # noqa: F401  # here, because it takes a second, which no time limit should count and no loop wait for

    thread = _running()
    # Starting twice, closing what hangs: the task has its own limits, this one only guards against a mistake in them.
    future = thread.submit(thread.work(endpoint, work))
    try:
        found: _T = future.result(2 * limit_s + 40 + _SPARE_S)
        return found
    except concurrent.futures.TimeoutError:
        future.cancel()
        raise McpFailure(Reason("timed_out"), began=True) from None


def _running() -> _Thread:
    global _thread
    with _lock:
        if _thread is None or _thread.pid != os.getpid():  # a forked child has no threads of its parent
            _thread = _Thread()
        return _thread


class _Thread:
    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._connections: dict[int, Connection] = {}
        self._locks: dict[int, asyncio.Lock] = {}
        self._thread = threading.Thread(target=self._run, name="mcp", daemon=True)
        self._thread.start()

    def submit(self, coroutine: Any) -> concurrent.futures.Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def work(self, endpoint: Endpoint, work: Callable[[Connection], Awaitable[_T]]) -> _T:
        try:
            connection = await self._connection(endpoint)
        except McpFailure as failure:
            breaker.failed(endpoint.server_id, why(failure), permanent=True)
            raise
        try:
            found = await work(connection)
        except McpFailure as failure:
            if failure.session_lost:
                return await self._again(endpoint, work)
            if code_of(failure) not in ANSWERS:
                breaker.failed(endpoint.server_id, why(failure))
            raise
        breaker.succeeded(endpoint.server_id)
        return found

    async def _again(self, endpoint: Endpoint, work: Callable[[Connection], Awaitable[_T]]) -> _T:
        """Repeats what the server refused unread, because it has forgotten the session, over a new connection."""
        await self.drop(endpoint.server_id)
        return await work(await self._connection(endpoint))

    async def _connection(self, endpoint: Endpoint) -> Connection:
        key = endpoint.server_id
        async with self._locks.setdefault(key, asyncio.Lock()):
            held = self._connections.get(key)
            if held is not None and held.usable and held.endpoint == endpoint:
                return held
            if held is not None:
                await self._close(key)
            self._connections[key] = made = await _opened(endpoint)
            return made

    async def drop(self, key: int) -> None:
        async with self._locks.setdefault(key, asyncio.Lock()):
            await self._close(key)

    async def _close(self, key: int) -> None:
        if (held := self._connections.pop(key, None)) is not None:
            await held.close()

    def stop(self) -> None:
        async def close_all() -> None:
            # By the locks: a connection that is being opened or closed right now is waited for.
            await asyncio.gather(*(self.drop(key) for key in list(self._locks)), return_exceptions=True)

        try:
            self.submit(close_all()).result(25)
        except (concurrent.futures.TimeoutError, RuntimeError):
            pass
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            if tasks:
                self._loop.run_until_complete(asyncio.wait(tasks, timeout=5))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(asyncio.sleep(0))  # closes the pipes that were let go of just now
            self._loop.close()


async def _opened(endpoint: Endpoint) -> Connection:
    """Connects with the handshake that the server probably speaks, then with the other one.

    Most programs know the old handshake only, and some of them end or fall silent at the question of the new one.
    """
    modes = ("legacy", "auto") if endpoint.command else ("auto", "legacy")
    for mode in modes:
        made = Connection(endpoint)
        try:
            await made.open(mode)
        except McpFailure as failure:
            if mode == modes[-1] or code_of(failure) not in OTHER_HANDSHAKE:
                raise await _explained(endpoint, failure) from None
        else:
            return made
    raise AssertionError("unreachable")


async def _explained(endpoint: Endpoint, failure: McpFailure) -> McpFailure:
    """Returns the failure of a start; an old server gets its own reason, because its status says nothing to anybody."""
    from skills.mcp import http_transport

    perhaps = endpoint.url and code_of(failure) in ("status", "mcp_not_here", "mcp_not_understood", "mcp_silent")
    if perhaps and await http_transport.speaks_old_sse(endpoint):
        return McpFailure(Reason("mcp_old_sse"))
    return failure
