"""DingTalk's Stream: frames over a WebSocket that this side opens, for machines without a public address.

A frame is acknowledged only after its event is stored; what is not acknowledged comes again and is dropped by its id.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from adapters.errors import MalformedPayload, SendError
from adapters.payload import as_object, as_text, parse_object
from clawdbot.http.addresses import host_allowed
from clawdbot.http.transport import proxies_for

if TYPE_CHECKING:
    from collections.abc import Collection

    from websockets.sync.client import ClientConnection

MESSAGES = "/v1.0/im/bot/messages/get"
CARDS = "/v1.0/card/instances/callback"
SUBSCRIPTIONS = [{"type": "CALLBACK", "topic": topic} for topic in (MESSAGES, CARDS)]
HOSTS = frozenset({".dingtalk.com"})
MAX_FRAME_BYTES = 4 * 1024 * 1024
_OPEN_S = 10.0
_QUIET = logging.getLogger(f"{__name__}.socket")
_QUIET.setLevel(logging.WARNING)  # below that the library writes the address, which holds the ticket


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of the connection.

    Attributes:
        kind: "SYSTEM", "EVENT" or "CALLBACK".
        topic: What it is about.
        message_id: To be acknowledged.
        data: Its content.
        encoded: The content as it came.
    """

    kind: str
    topic: str
    message_id: str
    data: Mapping[str, Any] = field(repr=False)
    encoded: str = field(repr=False)

    @property
    def is_disconnect(self) -> bool:
        """DingTalk is about to close; a new connection must be opened."""
        return self.kind == "SYSTEM" and self.topic == "disconnect"

    @property
    def is_callback(self) -> bool:
        """It carries a message or a pressed card."""
        return self.kind == "CALLBACK" and self.topic in (MESSAGES, CARDS)


def parse_frame(raw: bytes | str) -> Frame:
    """Reads a frame.

    Raises:
        MalformedPayload: When it is no JSON object or has no id.
    """
    outer = parse_object(raw.encode("utf-8", "replace") if isinstance(raw, str) else raw)
    headers = as_object(outer, "headers")
    message_id, encoded = as_text(headers, "messageId"), as_text(outer, "data")
    if not message_id:
        raise MalformedPayload("the frame has no messageId")
    try:
        data = parse_object(encoded.encode("utf-8"))
    except MalformedPayload:
        data = {}
    return Frame(as_text(outer, "type"), as_text(headers, "topic"), message_id, data, encoded)


def acknowledgement(frame: Frame) -> str:
    """The answer to a frame; a ping gets its own content back."""
    data = json.dumps({"response": None})
    if frame.kind == "SYSTEM":
        data = frame.encoded
    elif frame.kind == "EVENT":
        data = json.dumps({"status": "SUCCESS", "message": "OK"})
    headers = {"messageId": frame.message_id, "contentType": "application/json"}
    return json.dumps({"code": 200, "headers": headers, "message": "OK", "data": data}, ensure_ascii=False)


class Connection:
    """An open Stream connection. Not for several threads at once.

    Args:
        endpoint: Address from `connections/open`.
        ticket: Its ticket; good once, for 90 seconds.
        allowed: Hosts the address may name.

    Raises:
        SendError: When the address is not DingTalk's, or cannot be reached.
    """

    def __init__(self, endpoint: str, ticket: str, allowed: Collection[str]) -> None:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        host, port = _address(endpoint)
        if not host_allowed(host, port, allowed):
            raise SendError(f"{host} is not a host of DingTalk", permanent=True, mark="foreign_address")
        proxy = (proxies_for("https", host) or {}).get("https")
        failure = ""
        url = f"{endpoint}?{urlencode({'ticket': ticket})}"
        self._opened = contextlib.ExitStack()
        try:
            opening = connect(url, open_timeout=_OPEN_S, max_size=MAX_FRAME_BYTES, proxy=proxy, logger=_QUIET)
            self._socket: ClientConnection = self._opened.enter_context(opening)
        except (OSError, WebSocketException, TimeoutError) as error:
            failure = type(error).__name__
        if failure:
            # Raised outside: the library's message can hold the ticket.
            raise SendError(f"the Stream of DingTalk was not reached: {failure}", mark="not_reached")
        self._pending: list[Frame] = []

    def receive(self, timeout: float, *, confirmed: bool) -> list[Frame]:
        """Waits for the next callback, and takes what came with it.

        Args:
            timeout: Seconds to wait for the first.
            confirmed: What the call before returned is stored: it is acknowledged. Else it is returned again.

        Returns:
            Callbacks; none when the time is over.

        Raises:
            ConnectionError: When the connection is, or must be, closed.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            if self._pending and not confirmed:
                return list(self._pending)
            for frame in self._pending:
                self._socket.send(acknowledgement(frame))
            self._pending = []
            return self._frames(timeout)
        except ConnectionClosed:
            raise ConnectionError("the Stream was closed") from None

    def _frames(self, timeout: float) -> list[Frame]:
        found: list[Frame] = []
        while True:
            try:
                raw = self._socket.recv(timeout=0 if found else timeout)
            except TimeoutError:
                return found
            try:
                frame = parse_frame(raw)
            except MalformedPayload:
                continue
            if frame.is_callback:
                found.append(frame)
                self._pending.append(frame)
                continue
            if frame.is_disconnect:
                if found:
                    return found  # the next call finds the connection closed
                raise ConnectionError("DingTalk asked for a new connection")
            self._socket.send(acknowledgement(frame))

    def close(self) -> None:
        """Closes it; what was not confirmed comes again."""
        self._opened.close()


def _address(endpoint: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("ws", "wss") or not host:
        raise SendError("the address of the Stream is malformed", mark="bad_response")
    return host, port
