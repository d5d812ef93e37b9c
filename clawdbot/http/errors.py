"""Errors of outgoing requests. A message shows only scheme and host of a URL."""

from __future__ import annotations

from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Why


class HttpError(ClawdbotError):
    """An outgoing request got no usable response.

    Attributes:
        written: True when the request was completely written to the socket, so the other side may have acted on it.
    """

    written: bool = False

    def __init__(
        self,
        message: Why = "",
        *,
        permanent: bool | None = None,
        retry_after: float | None = None,
        written: bool = False,
    ) -> None:
        super().__init__(message, permanent=permanent, retry_after=retry_after)
        self.written = written


class HttpTimeout(HttpError):
    """Connecting or the response took longer than the time-out."""


class HttpConnectionError(HttpError):
    """The host was not found or refused the connection, or the connection broke."""


class TlsError(HttpConnectionError):
    """The other side's certificate is not trusted, or the handshake failed."""


class InvalidResponse(HttpError):
    """The response does not have the expected format, for instance JSON."""


class ResponseTooLarge(HttpError):
    """The body is larger than `max_bytes`."""

    permanent = True


class InvalidUrl(HttpError):
    """The URL cannot be requested: wrong scheme, no host, or credentials inside."""

    permanent = True


class AddressRefused(HttpError):
    """The host or address of the URL is not allowed for this request."""

    permanent = True


class TooManyRedirects(HttpError):
    """The chain of redirects is too long."""

    permanent = True
