"""Makes one outgoing HTTP request with a time-out, a size limit and errors that reveal no secrets."""

from __future__ import annotations

import contextlib
import contextvars
import email.utils
import json as jsonlib
import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3 import exceptions as urllib3_errors

from clawdbot import __version__
from clawdbot.computing import waiting
from clawdbot.errors import LONGEST_NAMED_WAIT_S
from clawdbot.http import deadline as shared_deadline
from clawdbot.http import errors, socket_deadline
from clawdbot.http.addresses import host_allowed
from clawdbot.http.deadline import Timeout, capped
from clawdbot.http.proxies import Proxy, proxy_for
from clawdbot.http.transport import Progress, tracked, transport
from clawdbot.reasons import Reason, why

DEFAULT_MAX_BYTES = 4 * 1024 * 1024
MAX_REDIRECTS = 5
_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]*)?")
_DECADES_S = 1e9  # a longer wait is meant as a moment: seconds since the epoch
_USER_AGENT = f"Clawdbot/{__version__}"


_public_hosts_only: contextvars.ContextVar[bool] = contextvars.ContextVar("http_public_hosts_only", default=False)


@contextlib.contextmanager
def public_hosts_only() -> Iterator[None]:
    """Makes every request inside the block `public_only`."""
    token = _public_hosts_only.set(True)
    try:
        yield
    finally:
        _public_hosts_only.reset(token)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A complete response with any status.

    Attributes:
        status: HTTP status code.
        headers: Response headers; look-up ignores case.
        body: The whole body, decoded from gzip or deflate.
        url: The URL that answered. It can contain secrets: do not log it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""

    @property
    def ok(self) -> bool:
        """True for a 2xx status."""
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """Seconds of the Retry-After header (number or date), None when absent or unreadable."""
        return parse_retry_after(self.headers.get("Retry-After"), time.time())

    def json(self) -> Any:
        """Returns the body parsed as JSON.

        Raises:
            InvalidResponse: The body is not JSON.
        """
        try:
            return jsonlib.loads(self.body)
        except (ValueError, RecursionError):
            raise errors.InvalidResponse(Reason("response_not_json", code=self.status), written=True) from None


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Parses a Retry-After header to seconds from `now` (epoch seconds), above 0 and at most a day.

    Returns None for what is no wait: nothing, a time that is over, a number below 0, words.
    """
    seconds = _seconds((value or "").strip(), now)
    return min(seconds, LONGEST_NAMED_WAIT_S) if seconds is not None and seconds > 0 else None


def _seconds(value: str, now: float) -> float | None:
    if _NUMBER.fullmatch(value):
        seconds = float(value)
        return seconds - now if seconds > _DECADES_S else seconds
    try:
        moment = email.utils.parsedate_to_datetime(value)
        # HTTP's dates are GMT, also in the two old forms that name no zone.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None


def request(
    method: str,
    url: str,
    *,
    timeout: Timeout,
    json: Any = None,
    data: bytes | str | Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
    public_only: bool = False,
    allowed_hosts: Collection[str] | None = None,
    allow_redirects: bool = False,
) -> HttpResponse:
    """Makes one request; never retries by itself.

    Args:
        method: HTTP method.
        url: http or https URL without credentials.
        timeout: Seconds, or (connect, read) seconds. The whole body must arrive within the read time, and everything,
            from the first connection to the last byte, within both times together.
        json: Sent as a JSON body.
        data: Raw body, or a mapping for a form body.
        headers: Extra headers.
        params: Added to the query string.
        max_bytes: Largest response body accepted, counted after decompression.
        public_only: Set it for every URL that a user or a payload supplies. Refuses private, loopback, link-local and
            reserved addresses, connects to the checked address and uses no proxy.
        allowed_hosts: Only these hosts (see `addresses.host_allowed`) are allowed, also after a redirect. None: any.
        allow_redirects: Follows up to 5 redirects, checking each target again.

    Returns:
        The response, for every status including 4xx and 5xx.

    Raises:
        HttpError: A subclass of it; `written` tells whether the request had left the machine.
    """
    first = _checked(url, allowed_hosts)
    public_only = public_only or _public_hosts_only.get()
    timeout = capped(timeout)
    prepared = _prepare(method, url, headers=headers, params=params, data=data, json=json)
    with tracked() as progress:
        response = _send(prepared, first, timeout, max_bytes, public_only, progress)
        for _ in range(MAX_REDIRECTS):
            location = response.headers.get("Location") if response.status in _REDIRECTS else None
            if not allow_redirects or not location:
                return response
            target = urljoin(prepared.url or url, location)
            parts = _checked(target, allowed_hosts)
            prepared = _follow(prepared, target, response.status)
            response = _send(prepared, parts, timeout, max_bytes, public_only, progress)
    if response.status in _REDIRECTS:
        raise errors.TooManyRedirects(
            Reason("request_failed", method=method, where=_origin(first), why=Reason("too_many_redirects")),
            written=True,
        )
    return response


def _checked(url: str, allowed_hosts: Collection[str] | None) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise errors.InvalidUrl(Reason("url_malformed")) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise errors.InvalidUrl(Reason("url_not_http"))
    if parts.username is not None or parts.password is not None:
        raise errors.InvalidUrl(Reason("url_with_credentials"))
    if allowed_hosts is not None and not host_allowed(parts.hostname, port, allowed_hosts):
        raise errors.AddressRefused(Reason("host_not_allowed", host=parts.hostname))
    return parts


def _origin(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _prepare(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None,
    params: Mapping[str, Any] | None,
    data: bytes | str | Mapping[str, Any] | None,
    json: Any,
) -> requests.PreparedRequest:
    sent = {"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip, deflate", **(headers or {})}
    body = data
    if json is not None:
        body = jsonlib.dumps(json, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        sent.setdefault("Content-Type", "application/json")
    elif isinstance(data, str):
        body = data.encode("utf-8")
    prepared = requests.PreparedRequest()
    with contextlib.suppress(requests.RequestException, ValueError):
        prepared.prepare(method=method, url=url, headers=sent, params=dict(params or {}), data=body)
        return prepared
    # Raised outside the handler, so that the original exception, which shows the whole URL, is not chained.
    raise errors.InvalidUrl(Reason("request_malformed"))


def _follow(previous: requests.PreparedRequest, target: str, status: int) -> requests.PreparedRequest:
    after = previous.copy()
    old, new = urlsplit(previous.url or ""), urlsplit(target)
    after.prepare_url(target, {})
    if (old.scheme, old.netloc) != (new.scheme, new.netloc):
        for name in ("Authorization", "Cookie", "Proxy-Authorization"):
            after.headers.pop(name, None)
    if status in (301, 302, 303) and after.method != "HEAD":
        after.method = "GET"
        after.body = None
        for name in ("Content-Length", "Content-Type", "Transfer-Encoding"):
            after.headers.pop(name, None)
    return after


def _send(
    prepared: requests.PreparedRequest,
    parts: SplitResult,
    timeout: Timeout,
    max_bytes: int,
    public_only: bool,
    progress: Progress,
) -> HttpResponse:
    connect_s, read_s = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    failure: Exception
    proxy: Proxy | None = None
    try:
        proxy = None if public_only else proxy_for(parts.scheme, parts.hostname or "", parts.port)
        proxies = {parts.scheme: proxy.url} if proxy is not None else None
        outer = socket_deadline.current()  # of a caller that may cancel
        cancelled = outer.cancelled if outer is not None else None
        with waiting(), socket_deadline.limited(shared_deadline.limited_to(connect_s + read_s), cancelled):
            raw = transport(public_only=public_only).send(prepared, stream=True, timeout=timeout, proxies=proxies).raw
            try:
                body = _read(raw, max_bytes, time.monotonic() + read_s)
            except BaseException:
                raw.close()  # unread bytes would corrupt the next response on this connection
                raise
            raw.release_conn()
        return HttpResponse(raw.status, CaseInsensitiveDict(raw.headers), body, prepared.url or "")
    except errors.HttpError as error:
        failure = error
    except (requests.RequestException, urllib3_errors.HTTPError, OSError, UnicodeError) as error:
        failure = _translated(error, proxy)
    # Raised outside the handlers, because the library's exceptions contain the full URL with tokens.
    message = Reason("request_failed", method=prepared.method or "", where=_origin(parts), why=why(failure))
    raise type(failure)(message, permanent=failure.permanent, written=progress.written)


def _read(raw: Any, max_bytes: int, deadline: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        # read1 returns the bytes that have arrived, so the deadline also ends a response that trickles in.
        chunk = raw.read1(_CHUNK, decode_content=True)
        if not chunk:
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
        size += len(chunk)
        if size > max_bytes:
            raise errors.ResponseTooLarge(Reason("response_too_large", size=max_bytes))
        if time.monotonic() > deadline:
            raise errors.HttpTimeout(Reason("response_too_slow"))
        chunks.append(chunk)


def _translated(error: Exception, proxy: Proxy | None) -> errors.HttpError:
    if proxy is not None and isinstance(error, requests.exceptions.ProxyError):
        if " 407 " in f"{error} ":
            return errors.HttpConnectionError(Reason("proxy_login", proxy=proxy.shown))
        return errors.HttpConnectionError(Reason("proxy_gives_up", proxy=proxy.shown))
    if isinstance(error, (requests.Timeout, urllib3_errors.TimeoutError, TimeoutError)):
        return errors.HttpTimeout(Reason("timed_out"))
    if isinstance(error, (requests.exceptions.SSLError, urllib3_errors.SSLError)):
        return errors.TlsError(Reason("tls_failed"))
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return errors.InvalidUrl(Reason("url_malformed"))
    if isinstance(error, urllib3_errors.DecodeError):
        return errors.InvalidResponse(Reason("response_not_decompressed"))
    return errors.HttpConnectionError(Reason("connection_failed"))
