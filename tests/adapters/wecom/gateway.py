"""WeCom's gateway for smart robots: a WebSocket server on loopback."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from tests.adapters.gateway import serving

Frame = dict[str, Any]


class Gateway:
    """Records every frame and answers it.

    Attributes:
        open: Connections, to send frames to.
        refusals: Error codes by command.
        silent: Commands that get no answer.
        before_answer: Called with each frame before its answer.
    """

    def __init__(self) -> None:
        self.url = ""
        self.frames: queue.Queue[Frame] = queue.Queue()
        self.open: queue.Queue[ServerConnection] = queue.Queue()
        self.refusals: dict[str, int] = {}
        self.silent: set[str] = set()
        self.before_answer: Callable[[ServerConnection, Frame], None] = lambda socket, frame: None

    def __call__(self, socket: ServerConnection) -> None:
        self.open.put(socket)
        try:
            for raw in socket:
                frame = json.loads(raw)
                self.frames.put(frame)
                self.before_answer(socket, frame)
                if frame["cmd"] not in self.silent:
                    code = self.refusals.get(frame["cmd"], 0)
                    socket.send(json.dumps({"headers": frame["headers"], "errcode": code, "errmsg": "told"}))
        except ConnectionClosed:
            pass

    def frame(self, command: str) -> Frame:
        """Returns the next frame with this command; skips frames with other commands."""
        while (found := self.frames.get(timeout=60))["cmd"] != command:
            pass
        return found


@contextmanager
def gateway() -> Iterator[Gateway]:
    running = Gateway()
    with serving(running) as address:
        running.url = f"http://{address}"
        yield running


def push(socket: ServerConnection, body: Frame, request_id: str = "r1", command: str = "aibot_msg_callback") -> None:
    socket.send(json.dumps({"cmd": command, "headers": {"req_id": request_id}, "body": body}))
