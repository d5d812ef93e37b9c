"""WebSocket client for platforms that push events over a connection instead of calling a webhook."""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adapters.errors import SendError
from clawdbot.http import AddressRefused
from clawdbot.http.addresses import host_allowed, open_public
from clawdbot.http.errors import HttpError
from clawdbot.http.proxies import proxy_for
from clawdbot.reasons import Reason, why

if TYPE_CHECKING:
    from collections.abc import Collection

    from websockets.sync.client import ClientConnection

MAX_FRAME_BYTES = 4 * 1024 * 1024
OPEN_S = 10.0
CLOSE_S = 2.0
_QUIET = logging.getLogger(f"{__name__}.library")
_QUIET.setLevel(logging.WARNING)  # below this level the library logs the address, which may hold a secret


class Socket:
    """An open WebSocket. Not thread-safe.

    Args:
        url: Address with the scheme ws or wss.
        hosts: Allowed hosts of the address.
        platform: Display name of the platform, for error messages.
        public_only: Connects to public addresses only, and through no proxy.

    Raises:
        SendError: The address is malformed, not one of the platform's, or cannot be reached. The message shows only the
            host of the address.
    """

    def __init__(self, url: str, *, hosts: Collection[str], platform: str, public_only: bool = False) -> None:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        host, port = _address(url, platform)
        if not host_allowed(host, port, hosts):
            raise SendError(
                Reason("host_not_of_platform", host=host, platform=platform), permanent=True, mark="foreign_address"
            )
        try:
            proxy = None if public_only else proxy_for("http" if url.startswith("ws:") else "https", host, port)
        except HttpError as error:
            raise SendError(why(error), mark="not_reached") from None
        failure = ""
        self._opened = contextlib.ExitStack()
        try:
            opening = connect(
                url,
                sock=_public_socket(url, host, port) if public_only else None,
                open_timeout=OPEN_S,
                close_timeout=CLOSE_S,
                max_size=MAX_FRAME_BYTES,
                proxy=proxy.url if proxy is not None else None,
                logger=_QUIET,
            )
            self._socket: ClientConnection = self._opened.enter_context(opening)
        except (OSError, WebSocketException, TimeoutError) as error:
            failure = type(error).__name__
        if failure:
            # Raised outside the handler, because the library's message can hold a secret of the address.
            raise SendError(Reason("not_connected", platform=platform, error=failure), mark="not_reached")

    def send(self, text: str) -> None:
        """Sends a frame.

        Raises:
            ConnectionError: The connection is closed.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            self._socket.send(text)
        except ConnectionClosed:
            raise ConnectionError(Reason("connection_closed")) from None

    def receive(self, timeout: float) -> bytes | None:
        """Returns the next frame; None when none arrives within `timeout` seconds.

        Raises:
            ConnectionError: The connection is closed.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            raw = self._socket.recv(timeout=max(timeout, 0.0))
        except TimeoutError:
            return None
        except ConnectionClosed:
            raise ConnectionError(Reason("connection_closed")) from None
        return raw.encode("utf-8", "replace") if isinstance(raw, str) else raw

    def close(self) -> None:
        """Closes the connection."""
        self._opened.close()


def _public_socket(url: str, host: str, port: int | None) -> socket.socket:
    try:
        return open_public(host, port or (443 if url.startswith("wss:") else 80), OPEN_S)
    except AddressRefused as error:
        raise SendError(why(error), permanent=True, mark="foreign_address") from None


def _address(url: str, platform: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("ws", "wss") or not host:
        raise SendError(Reason("connection_address_malformed", platform=platform), mark="bad_response")
    return host, port
