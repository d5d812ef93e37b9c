"""One connection to a server: opened, kept and closed by one task, because the SDK's scopes belong to a task."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clawdbot.crypto import CryptoError
from clawdbot.reasons import Reason
from skills.mcp import failures, listings, stdio
from skills.mcp.endpoint import Endpoint
from skills.mcp.failures import McpFailure
from skills.mcp.listings import Listing
from skills.mcp.mending import MendingStream

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import CallToolResult

IDLE_S = 600.0
# A server may change its tools without a word; before a call an older list is read again.
LIST_AGE_S = 60.0
_CLOSE_S = 15.0


@dataclass(slots=True)
class _State:
    client: Client | None = None
    listing: Listing | None = None
    listed_at: float = 0.0
    used_at: float = 0.0
    calls: int = 0
    stale: bool = False


class Connection:
    """A connection that is open from `open` until `close`, a failure, or ten minutes without a call.

    All methods run in the thread of connections.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.output = stdio.Output()
        self._state = _State(used_at=time.monotonic())
        self._closing, self._over = asyncio.Event(), asyncio.Event()
        self._status: Any = None
        self._failure: BaseException | None = None
        self._task: asyncio.Task[None] | None = None
        self._mode = ""

    @property
    def usable(self) -> bool:
        return self._state.client is not None and not self._over.is_set() and not self._closing.is_set()

    async def open(self, mode: str) -> None:
        """Connects and lists the tools.

        Args:
            mode: Handshake, as the SDK names it: "legacy", or "auto", which tries the one of 2026 first.

        Raises:
            McpFailure: The server cannot be started or reached, does not answer in time, or speaks something else.
        """
        self._mode = mode
        ready = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._keep(ready), name=f"mcp {self.endpoint.name}")
        try:
            async with asyncio.timeout(self.endpoint.start_s):
                await ready
        except TimeoutError:
            await self.close()
            raise self._failed(self._silent(self.endpoint.start_s)) from None
        except Exception as error:
            await self.close()
            raise self._translated(error) from None

    async def close(self) -> None:
        """Ends the connection and the program; waits for a few seconds at most."""
        self._closing.set()
        if self._task is None or self._task.done():
            return
        if self._state.client is None:
            self._task.cancel()  # it is still connecting
        _done, late = await asyncio.wait({self._task}, timeout=_CLOSE_S)
        for task in late:
            task.cancel()

    async def listing(self, max_age_s: float | None = None) -> Listing:
        """Returns the tools; reads them again when the list is older than this or the server said that it changed.

        Raises:
            McpFailure: The server does not answer.
        """
        state = self._state
        max_age_s = LIST_AGE_S if max_age_s is None else max_age_s
        if state.listing is None or state.stale or time.monotonic() - state.listed_at > max_age_s:
            state.stale = False
            state.listing = await self._within(listings.read(self._client()), self.endpoint.start_s)
            state.listed_at = time.monotonic()
        return state.listing

    async def call(self, name: str, arguments: Mapping[str, Any], limit_s: float) -> CallToolResult:
        """Calls a tool.

        Raises:
            McpFailure: There is no result. `began` tells whether the server may have done something.
        """
        self._state.calls += 1
        try:
            call = self._client().call_tool(name, dict(arguments), read_timeout_seconds=limit_s)
            found: CallToolResult = await self._within(call, limit_s)
            return found
        finally:
            self._state.calls -= 1
            self._state.used_at = time.monotonic()

    def _client(self) -> Client:
        if self._state.client is None or not self.usable:
            raise self._failed(Reason("mcp_closed"))
        return self._state.client

    async def _within(self, work: Any, limit_s: float) -> Any:
        """Awaits `work` until its time is over or the connection ends, whichever is first."""
        task, over = asyncio.ensure_future(work), asyncio.ensure_future(self._over.wait())
        try:
            done, _late = await asyncio.wait({task, over}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if over in done and not task.done():
                # The session answers open requests itself when the connection ends; its error says less than ours.
                await asyncio.wait({task}, timeout=0.2)
            if task.done() and task.exception() is None:
                return task.result()
            if not task.done() and not self._over.is_set():
                raise self._failed(self._silent(limit_s), began=True)
            raise await self._broken(task)
        finally:
            for one in (task, over):
                one.cancel()
            await asyncio.gather(task, over, return_exceptions=True)

    async def _keep(self, ready: asyncio.Future[None]) -> None:
        """Holds the connection open. Every end of it passes here."""
        try:
            async with self._opened() as client:
                self._state.listing = await listings.read(client)
                self._state.client, self._state.listed_at = client, time.monotonic()
                self._state.used_at = time.monotonic()
                if not ready.done():
                    ready.set_result(None)
                await self._until_idle()
        except BaseException as error:
            self._failure = error
            if not ready.done():
                ready.set_exception(error if isinstance(error, Exception) else ConnectionError())
                ready.exception()  # the waiter may have given up
            if isinstance(error, asyncio.CancelledError):
                raise
        finally:
            self._state.client = None
            self._over.set()

    async def _until_idle(self) -> None:
        while not self._closing.is_set() and not self._over.is_set():
            left = IDLE_S if self._state.calls else self._state.used_at + IDLE_S - time.monotonic()
            if left <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await asyncio.wait(
                        {asyncio.ensure_future(self._closing.wait()), asyncio.ensure_future(self._over.wait())},
                        return_when=asyncio.FIRST_COMPLETED,
                    )

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[Client]:
        from mcp import Client
        from mcp_types import Implementation

        from clawdbot import __version__

        async def heard(message: Any) -> None:
            if type(message).__name__ == "ToolListChangedNotification":
                self._state.stale = True

        async with Client(
            self._transport(),
            mode=self._mode,
            cache=None,
            message_handler=heard,
            client_info=Implementation(name="clawdbot", version=__version__),
            read_timeout_seconds=self.endpoint.start_s,
        ) as client:
            yield client

    @contextlib.asynccontextmanager
    async def _transport(self) -> AsyncIterator[tuple[Any, Any]]:
        if self.endpoint.command:
            async with stdio.streams(self.endpoint, self.output, self._over.set) as (read, write):
                yield MendingStream(read), write
            return
        from mcp.client.streamable_http import streamable_http_client

        from skills.mcp import http_transport

        self._status = http_transport.Status()
        async with (
            http_transport.client(self.endpoint, self._status) as client,
            streamable_http_client(
                self.endpoint.url, http_client=client, max_sse_event_size=http_transport.MOST_BYTES
            ) as (read, write),
        ):
            yield MendingStream(read), write

    # Failures

    async def _broken(self, task: asyncio.Future[Any]) -> McpFailure:
        """Returns why a request got no result. When the connection ended, its end tells more than the request."""
        failure = self._translated(task.exception(), began=True) if task.done() else None
        if failure is not None and failures.code_of(failure) != "mcp_closed":
            return failure
        self._closing.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=_CLOSE_S)
        if self._failure is None and self.output.exit_code is None and self.output.problem is None:
            return self._failed(Reason("mcp_closed"), began=True)
        return self._translated(self._failure, began=True)

    def _silent(self, limit_s: float) -> Reason:
        limit = f"{limit_s:g}"
        return Reason("mcp_rubbish", limit=limit) if self.output.rubbish else Reason("mcp_silent", limit=limit)

    def _failed(self, reason: Reason, *, began: bool = False) -> McpFailure:
        return McpFailure(reason, output=self.output.text(), began=began)

    def _translated(self, error: BaseException | None, *, began: bool = False) -> McpFailure:
        if isinstance(error, McpFailure):
            return error
        if isinstance(error, CryptoError):
            return self._failed(Reason("not_decrypted"))
        code = self._status.code if self._status is not None else 0
        reason = self.output.problem or failures.reason_of(error, self.endpoint, self.output.exit_code, code)
        lost = self._state.client is not None and failures.is_lost_session(error, code)
        return McpFailure(
            reason,
            output=self.output.text(),
            began=began and not lost and code not in failures.UNREAD,
            session_lost=lost,
        )


__all__ = ["Connection", "Endpoint"]
