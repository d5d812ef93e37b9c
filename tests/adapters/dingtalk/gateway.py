"""DingTalk's Stream gateway: a WebSocket server on loopback."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from tests.adapters.gateway import serving


class Gateway:
    """Records connections and what they send.

    Attributes:
        tickets: Path of each connection, with its ticket.
        answers: Frames received.
        open: Connections, to send frames to.
    """

    def __init__(self) -> None:
        self.url = ""
        self.tickets: list[str] = []
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.open: queue.Queue[ServerConnection] = queue.Queue()

    def __call__(self, socket: ServerConnection) -> None:
        self.tickets.append(socket.request.path if socket.request else "")
        self.open.put(socket)
        try:
            for raw in socket:
                self.answers.put(json.loads(raw))
        except ConnectionClosed:
            pass

    def answer(self) -> dict[str, Any]:
        return self.answers.get(timeout=60)


@contextmanager
def gateway() -> Iterator[Gateway]:
    running = Gateway()
    with serving(running) as address:
        running.url = f"ws://{address}/connect"
        yield running
