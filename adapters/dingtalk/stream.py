"""Client of DingTalk's Stream: frames over an outgoing WebSocket, for machines without a public address.

A frame is acknowledged only after its event is stored. DingTalk redelivers other frames, and duplicates are dropped by
their id.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from adapters.errors import MalformedPayload
from adapters.payload import as_object, as_text, parse_object
from adapters.sockets import Socket
from clawdbot.reasons import Reason

MESSAGES = "/v1.0/im/bot/messages/get"
CARDS = "/v1.0/card/instances/callback"
SUBSCRIPTIONS = [{"type": "CALLBACK", "topic": topic} for topic in (MESSAGES, CARDS)]
HOSTS = frozenset({".dingtalk.com"})


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of the connection.

    Attributes:
        kind: "SYSTEM", "EVENT" or "CALLBACK".
        topic: Topic of the frame.
        message_id: Id for the acknowledgement.
        data: Parsed content.
        encoded: Content as received.
    """

    kind: str
    topic: str
    message_id: str
    data: Mapping[str, Any] = field(repr=False)
    encoded: str = field(repr=False)

    @property
    def is_disconnect(self) -> bool:
        """True when DingTalk is about to close the connection, so a new one must be opened."""
        return self.kind == "SYSTEM" and self.topic == "disconnect"

    @property
    def is_callback(self) -> bool:
        """True when the frame carries a message or a pressed card."""
        return self.kind == "CALLBACK" and self.topic in (MESSAGES, CARDS)


def parse_frame(raw: bytes) -> Frame:
    """Parses a frame.

    Raises:
        MalformedPayload: The frame is no JSON object or has no id.
    """
    outer = parse_object(raw)
    headers = as_object(outer, "headers")
    message_id, encoded = as_text(headers, "messageId"), as_text(outer, "data")
    if not message_id:
        raise MalformedPayload(Reason("frame_without_id"))
    try:
        data = parse_object(encoded.encode("utf-8"))
    except MalformedPayload:
        data = {}
    return Frame(as_text(outer, "type"), as_text(headers, "topic"), message_id, data, encoded)


def acknowledgement(frame: Frame) -> str:
    """Returns the acknowledgement of a frame; a ping gets its own content back."""
    data = json.dumps({"response": None})
    if frame.kind == "SYSTEM":
        data = frame.encoded
    elif frame.kind == "EVENT":
        data = json.dumps({"status": "SUCCESS", "message": "OK"})
    headers = {"messageId": frame.message_id, "contentType": "application/json"}
    return json.dumps({"code": 200, "headers": headers, "message": "OK", "data": data}, ensure_ascii=False)


class Connection:
    """An open Stream connection. Not thread-safe.

    Args:
        endpoint: Address from `connections/open`.
        ticket: Ticket from `connections/open`; valid once, for 90 seconds.
        allowed: Allowed hosts of the address.
        public_only: Connects to public addresses only.

    Raises:
        SendError: The address is not DingTalk's, or cannot be reached.
    """

    def __init__(self, endpoint: str, ticket: str, allowed: Collection[str], *, public_only: bool = False) -> None:
        url = f"{endpoint}?{urlencode({'ticket': ticket})}"
        self._socket = Socket(url, hosts=allowed, platform="DingTalk", public_only=public_only)
        self._pending: list[Frame] = []

    def receive(self, timeout: float, *, confirmed: bool) -> list[Frame]:
        """Waits for the next callback. Returns it with all that have arrived.

        Args:
            timeout: Seconds to wait for the first callback.
            confirmed: True when the result of the previous call is stored. It is then acknowledged, else returned
                again.

        Returns:
            Callbacks; [] after a time-out.

        Raises:
            ConnectionError: The connection is closed, or must be closed.
        """
        if self._pending and not confirmed:
            return list(self._pending)
        for frame in self._pending:
            self._socket.send(acknowledgement(frame))
        self._pending = []
        return self._frames(timeout)

    def _frames(self, timeout: float) -> list[Frame]:
        found: list[Frame] = []
        while True:
            raw = self._socket.receive(0 if found else timeout)
            if raw is None:
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
                raise ConnectionError(Reason("new_connection_wanted"))
            self._socket.send(acknowledgement(frame))

    def close(self) -> None:
        """Closes the connection. DingTalk redelivers frames that were not acknowledged."""
        self._socket.close()
