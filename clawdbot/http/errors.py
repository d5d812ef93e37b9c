"""What can go wrong with an outgoing request. No message ever shows more of a URL than scheme and host."""

from __future__ import annotations

from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Why


class HttpError(ClawdbotError):
    """An outgoing request got no usable response.

    Attributes:
        written: True when the request had been completely written to the socket: the other side may have acted on it.
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
    """Connecting, or the answer, took longer than the timeout."""


class HttpConnectionError(HttpError):
    """The host was not found, refused, or the connection broke."""


class TlsError(HttpConnectionError):
    """The other side's certificate is not trusted, or the handshake failed."""


class InvalidResponse(HttpError):
    """The response is not what it says it is, for instance not JSON."""


class ResponseTooLarge(HttpError):
    """The body is larger than `max_bytes`."""

    permanent = True


class InvalidUrl(HttpError):
    """The URL cannot be requested: wrong scheme, no host, or credentials inside."""

    permanent = True


class AddressRefused(HttpError):
    """The URL points where outgoing requests of this kind may not go."""

    permanent = True


class TooManyRedirects(HttpError):
    """The chain of redirects is too long."""

    permanent = True
