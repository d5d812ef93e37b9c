"""The long connection of a smart robot: JSON frames over a WebSocket that this side opens, encrypted by TLS alone.

WeCom does not wait for an acknowledgement of what it pushes: frames that are taken but not stored are given out again
here, but not after this process is gone. A robot has one connection; a newer one closes the older.
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
DISPLACED_WAIT_S = 60.0  # two processes that take the connection from each other should not do so all the time


@dataclass(frozen=True, slots=True)
class Frame:
    """A pushed message or event, with the id that answers to it carry."""

    request_id: str
    body: Mapping[str, Any] = field(repr=False)


class Connection:
    """An open connection; the first call must be `SUBSCRIBE`. Not for several threads at once.

    Args:
        url: Address.
        hosts: Hosts the address may name.

    Attributes:
        displaced: Another process has opened the connection of this robot.

    Raises:
        SendError: When it cannot be opened.
    """

    def __init__(self, url: str, hosts: Collection[str]) -> None:
        self._socket = Socket(url, hosts=hosts, platform="WeCom")
        self._arrived: list[Frame] = []  # not yet given out
        self._given: list[Frame] = []  # given out, perhaps not stored
        self._answers: dict[str, bytes] = {}
        self._pinged_at = time.monotonic()
        self._missed = 0
        self.displaced = False

    def call(self, command: str, body: Mapping[str, Any], request_id: str = "") -> bytes:
        """Sends a frame and waits for its answer, which is returned as it came.

        Args:
            command: `SUBSCRIBE`, `RESPOND` or `SEND`.
            body: Its content.
            request_id: Of the frame that is answered; a new one when it answers none.

        Raises:
            SendError: When there is no answer within five seconds.
            ConnectionError: When the connection is closed.
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
        """Waits for the next push, and takes what came with it.

        Args:
            timeout: Seconds to wait for the first.
            confirmed: What the call before returned is stored; else it is returned again.

        Raises:
            ConnectionError: When the connection is closed or dead.
        """
        if self._given and not confirmed:
            return list(self._given)
        self._given = []
        self._answers.clear()  # nobody waits for these any more
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
        """Says that this side lives; WeCom closes a silent connection."""
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
        """Takes one frame; False when none came in time."""
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
        """Closes it."""
        self._socket.close()
