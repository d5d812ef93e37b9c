"""The HTTP client of MCP connections: headers of the row, address rules, size limits, and the status of failures."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2

from clawdbot.http.addresses import resolve_public
from clawdbot.http.errors import HttpError
from clawdbot.http.proxies import proxy_for
from clawdbot.reasons import Reason
from skills.mcp import messages
from skills.mcp.endpoint import Endpoint

MOST_BYTES = 8 * 1024 * 1024
CONNECT_S = 5.0
_MOST_HOPS = 3
_FIRST_LINE = 100  # bytes in which the old transport says "event: endpoint"
_PAIR = 12  # bytes of two escapes
# A pair of escapes, which stays, or half of one.
_HALF = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_PORTS = {"http": 80, "https": 443}


def _end_of_whole_pairs(body: bytes) -> int:
    """Returns where to cut a body whose next chunk may go on with an escape or with the second half of a pair."""
    cut = body.find(b"\\", max(0, len(body) - _PAIR + 1))
    if cut < 0:
        return len(body)
    before = cut - _PAIR // 2
    return before if before >= 0 and _HALF.fullmatch(body, before, cut) else cut


def _mended(found: re.Match[bytes]) -> bytes:
    return found[0] if len(found[0]) == _PAIR else b"\\ufffd"


@dataclass(slots=True)
class Status:
    """The latest answer to a message, if it was an error: the SDK tells of an error response, but not of its number.

    What is said of the stream of notifications, which a server need not have, tells nothing of a message.
    """

    code: int = 0


class TooLarge(HttpError):
    """The body of an answer is over the limit."""


class _Checked(httpx2.AsyncByteStream):
    """A body that is bounded and whose halves of emoji are mended: to the SDK's parser they are no JSON at all.

    Args:
        inner: The body as it comes.
        endless: A stream of events, of which the SDK limits each one.
        message: One message, which is mended as a whole.
    """

    def __init__(self, inner: Any, *, endless: bool, message: bool = False) -> None:
        self._inner, self._endless, self._message = inner, endless, message

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if not self._message:
            async for chunk in self._chunks():
                yield chunk
        elif body := b"".join([chunk async for chunk in self._chunks()]):
            yield messages.mended(body)

    async def _chunks(self) -> AsyncIterator[bytes]:
        total, held = 0, b""
        async for chunk in self._inner:
            total += len(chunk)
            if total > MOST_BYTES and not self._endless:
                raise TooLarge(Reason("response_too_large", size=MOST_BYTES))
            whole = held + chunk
            cut = _end_of_whole_pairs(whole)
            held, whole = whole[cut:], whole[:cut]
            yield _HALF.sub(_mended, whole)
        if held:
            yield _HALF.sub(_mended, held)

    async def aclose(self) -> None:
        await self._inner.aclose()


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Adds the rules of the product to a transport.

    Args:
        inner: Makes the requests.
        public_only: Connects to addresses that were found public, never to a name that could be resolved again.
        status: Gets the status of failures.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport, *, public_only: bool, status: Status) -> None:
        self._inner, self._public_only, self._status = inner, public_only, status

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._answered(request)
        if request.method == "POST":
            self._status.code = response.status_code if response.status_code >= 300 else 0
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()  # asked for none: a few bytes could unpack to any size
            raise HttpError(Reason("response_not_decompressed"))
        kind = response.headers.get("content-type", "").lower()
        response.stream = _Checked(
            response.stream, endless=kind.startswith("text/event-stream"), message=kind.startswith("application/json")
        )
        return response

    async def _answered(self, request: httpx2.Request) -> httpx2.Response:
        """Returns the answer; follows a redirect to another path of the same server, for instance to `/mcp/`.

        Raises:
            HttpError: A message is sent elsewhere, where the headers of this server must not go.
        """
        for _hop in range(_MOST_HOPS):
            pinned = await self._pinned(request) if self._public_only else request
            response = await self._inner.handle_async_request(pinned)
            if response.status_code not in (301, 302, 303, 307, 308) or request.method != "POST":
                return response
            await response.aclose()
            url = request.url.join(response.headers.get("location", ""))
            same = (url.scheme, url.host, url.port) == (request.url.scheme, request.url.host, request.url.port)
            if not same or response.status_code not in (307, 308) or not isinstance(request.stream, httpx2.ByteStream):
                raise HttpError(Reason("address_moved", address=str(url.copy_with(query=None, fragment=None))[:200]))
            request = httpx2.Request(
                request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
            )
        raise HttpError(Reason("too_many_redirects"))

    async def _pinned(self, request: httpx2.Request) -> httpx2.Request:
        """Returns the request to an address of the host. The header `Host` and the name in TLS stay."""
        host, port = request.url.host, request.url.port or _PORTS.get(request.url.scheme, 0)
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(None, resolve_public, host, port)
        return httpx2.Request(
            request.method,
            request.url.copy_with(host=str(found[0][1][0])),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def client(endpoint: Endpoint, status: Status) -> httpx2.AsyncClient:
    """Returns the client for one server.

    Raises:
        clawdbot.http.HttpError: The proxy of the environment cannot be used.
    """
    limits = httpx2.Limits(max_connections=16, max_keepalive_connections=4)
    inner = httpx2.AsyncHTTPTransport(trust_env=False, limits=limits, proxy=_proxy(endpoint))
    timeout = httpx2.Timeout(CONNECT_S, read=max(endpoint.call_s, endpoint.start_s) + 5)
    return httpx2.AsyncClient(
        transport=GuardedTransport(inner, public_only=endpoint.public_only, status=status),
        headers={**endpoint.secrets, "accept-encoding": "identity"},
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
    )


async def speaks_old_sse(endpoint: Endpoint) -> bool:
    """Returns whether a server that refused a message offers the transport of 2024, which begins with a GET."""
    try:
        async with (
            asyncio.timeout(CONNECT_S),
            client(endpoint, Status()) as http,
            http.stream("GET", endpoint.url, headers={"accept": "text/event-stream"}) as response,
        ):
            kind = response.headers.get("content-type", "")
            if response.status_code != 200 or not kind.lower().startswith("text/event-stream"):
                return False
            start = b""
            async for chunk in response.aiter_raw():
                start += chunk
                if b"\n" in start or len(start) > _FIRST_LINE:
                    break
            return b"endpoint" in start[:_FIRST_LINE]
    except (httpx2.HTTPError, HttpError, OSError, TimeoutError):
        return False


def _proxy(endpoint: Endpoint) -> str | None:
    if endpoint.public_only:  # the proxy would resolve the name, and nobody could check the address
        return None
    url = httpx2.URL(endpoint.url)
    proxy = proxy_for(url.scheme, url.host, url.port)
    if proxy is None:
        return None
    if proxy.is_socks:
        raise HttpError(Reason("mcp_no_socks", proxy=proxy.shown))
    return proxy.url
