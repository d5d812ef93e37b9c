"""The long connection of a smart robot: JSON frames over an outgoing WebSocket, encrypted by TLS alone.

WeCom does not wait for acknowledgements. `receive` returns frames again until they are stored, but frames that are not
stored are lost when the process ends. A robot has one connection; a newer one closes the older.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.errors import SendError
from adapters.http_responses import object_of
from adapters.payload import as_int, as_object, as_text
from adapters.sockets import Socket
from clawdbot import http
from clawdbot.reasons import Reason

URL = "wss://openws.work.weixin.qq.com"
HOSTS = frozenset({"openws.work.weixin.qq.com"})
SUBSCRIBE, PING = "aibot_subscribe", "ping"
RESPOND, SEND = "aibot_respond_msg", "aibot_send_msg"
PUSHED = frozenset({"aibot_msg_callback", "aibot_event_callback"})
NO_ANSWER = "no_answer"
DISPLACED = "disconnected_event"
PING_EVERY_S = 30.0
MISSED_PINGS = 2
ANSWER_S = 5.0
DISPLACED_WAIT_S = 60.0  # keeps two processes from displacing each other's connection continually


@dataclass(frozen=True, slots=True)
class Frame:
    """A pushed message or event, with the request id for its answers."""

    request_id: str
    body: Mapping[str, Any] = field(repr=False)


class Connection:
    """An open connection. The first call must be `SUBSCRIBE`. Not thread-safe.

    Args:
        url: Address of the WebSocket.
        hosts: Allowed hosts of the address.
        public_only: Connects to public addresses only.

    Attributes:
        displaced: True after another process has opened a connection for this robot.

    Raises:
        SendError: The connection cannot be opened.
    """

    def __init__(self, url: str, hosts: Collection[str], *, public_only: bool = False) -> None:
        self._socket = Socket(url, hosts=hosts, platform="WeCom", public_only=public_only)
        self._arrived: list[Frame] = []  # not yet returned by `receive`
        self._given: list[Frame] = []  # returned by `receive`, perhaps not stored
        self._answers: dict[str, bytes] = {}
        self._pinged_at = time.monotonic()
        self._missed = 0
        self.displaced = False

    def call(self, command: str, body: Mapping[str, Any], request_id: str = "") -> bytes:
        """Sends a frame. Waits for its answer and returns it unchanged.

        Args:
            command: `SUBSCRIBE`, `RESPOND` or `SEND`.
            body: Content of the frame.
            request_id: Request id of the frame to answer; a new one when there is none.

        Raises:
            SendError: No answer arrives within five seconds.
            ConnectionError: The connection is closed.
        """
        request_id = request_id or f"{command}_{uuid.uuid4().hex}"
        self._write(command, request_id, body)
        http.note_written()
        ends = time.monotonic() + ANSWER_S
        while request_id not in self._answers:
            if not self._read(ends - time.monotonic()):
                raise SendError(Reason("not_answered_on_connection"), mark=NO_ANSWER, maybe_sent=True)
        return self._answers.pop(request_id)

    def receive(self, timeout: float, *, confirmed: bool) -> list[Frame]:
        """Waits for the next push. Returns it with all that have arrived.

        Args:
            timeout: Seconds to wait for the first push.
            confirmed: True when the result of the previous call is stored; else it is returned again.

        Raises:
            ConnectionError: The connection is closed or dead.
        """
        if self._given and not confirmed:
            return list(self._given)
        self._given = []
        self._answers.clear()  # nobody waits for these answers any more
        ends = time.monotonic() + timeout
        while not self._arrived:
            self._beat()
            left = ends - time.monotonic()
            if not self._read(min(left, PING_EVERY_S)) and left <= PING_EVERY_S:
                break
        while self._arrived and self._read(0):
            pass
        self._given, self._arrived = self._arrived, []
        return list(self._given)

    def _beat(self) -> None:
        """Sends a heartbeat, because WeCom closes an idle connection."""
        if time.monotonic() - self._pinged_at < PING_EVERY_S:
            return
        if self._missed >= MISSED_PINGS:
            raise ConnectionError(Reason("pings_not_answered"))
        self._pinged_at, self._missed = time.monotonic(), self._missed + 1
        self._write(PING, f"{PING}_{uuid.uuid4().hex}", None)

    def _write(self, command: str, request_id: str, body: Mapping[str, Any] | None) -> None:
        frame = {"cmd": command, "headers": {"req_id": request_id}} | ({} if body is None else {"body": body})
        self._socket.send(json.dumps(frame, ensure_ascii=False).encode("utf-8", "replace").decode())

    def _read(self, timeout: float) -> bool:
        """Reads one frame. Returns False after a time-out."""
        raw = self._socket.receive(timeout)
        if raw is None:
            return False
        frame = object_of(raw)
        request_id = as_text(as_object(frame, "headers"), "req_id")
        if as_text(frame, "cmd") in PUSHED:
            self._push(Frame(request_id, as_object(frame, "body")))
        elif request_id.startswith(f"{PING}_"):
            self._missed = self._missed if as_int(frame, "errcode") else 0
        elif request_id:
            self._answers[request_id] = raw
        return True

    def _push(self, frame: Frame) -> None:
        if as_text(as_object(frame.body, "event"), "eventtype") == DISPLACED:
            self.displaced = True
            raise ConnectionError(Reason("connection_taken_over"))
        self._arrived.append(frame)

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()
