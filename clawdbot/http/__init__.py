"""Makes all outgoing HTTP requests of the product.

Every request has a time-out and a size limit. Nothing is retried here; the outbox decides that. A failed request raises
an `HttpError` whose message shows host and scheme, but no path, query or header.
"""

from __future__ import annotations

from clawdbot.http.client import DEFAULT_MAX_BYTES, HttpResponse, parse_retry_after, public_hosts_only, request
from clawdbot.http.deadline import within
from clawdbot.http.errors import (
    AddressRefused,
    HttpConnectionError,
    HttpError,
    HttpTimeout,
    InvalidResponse,
    InvalidUrl,
    ResponseTooLarge,
    TlsError,
    TooManyRedirects,
)
from clawdbot.http.multipart import FormFile, multipart
from clawdbot.http.proxies import configure_proxies, configured_proxies
from clawdbot.http.transport import close, note_written, observe, unobserved

__all__ = [
    "DEFAULT_MAX_BYTES",
    "AddressRefused",
    "FormFile",
    "HttpConnectionError",
    "HttpError",
    "HttpResponse",
    "HttpTimeout",
    "InvalidResponse",
    "InvalidUrl",
    "ResponseTooLarge",
    "TlsError",
    "TooManyRedirects",
    "close",
    "configure_proxies",
    "configured_proxies",
    "multipart",
    "note_written",
    "observe",
    "parse_retry_after",
    "public_hosts_only",
    "request",
    "unobserved",
    "within",
]
