"""A chat page without a browser: it keeps, sends, shows and reconnects as `templates/static/chat/` does."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

OPEN_WITHIN_S, ACCEPT_WITHIN_S, LONGEST_S = 10.0, 10.0, 30.0
PING_EVERY_S, PONG_WITHIN_S = 20.0, 8.0
SHUTTING_DOWN = (1012, 4012)


@dataclass
class ChatClient:
    """A visitor with one open page.

    Attributes:
        addresses: `ws://…/ws/chat/<bot>/` of the web processes; each connection goes to the next, as behind a balancer.
        questions: Texts on the screen by client id, in their order.
        answers: Client id and text of each answer on the screen, by the id of its message.
        streams: What is shown of answers that are being written, by client id.
        on_token: Called with client id and what is shown of the answer, after each token.
        connections: How often it has connected.
        restarts: How often an answer that was shown in part began again.
        notices: Errors that the page shows.
    """

    addresses: tuple[str, ...]
    on_token: Callable[[str, str], None] = lambda _client_id, _shown: None
    questions: dict[str, str] = field(default_factory=dict)
    answers: dict[int, tuple[str, str]] = field(default_factory=dict)
    streams: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    restarts: int = 0
    notices: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._token, self._seed, self._tries = "", secrets.token_urlsafe(24), 0
        self._outbox: list[str] = []
        self._sending, self._sent_at = "", 0.0
        self._pending: set[str] = set()
        self._joined: set[str] = set()
        self._lock = threading.RLock()
        self._socket: ClientConnection | None = None
        self._closed = threading.Event()
        self._places = itertools.cycle(self.addresses)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def say(self, text: str) -> str:
        """Sends a message now, or as soon as the page is online. Returns its client id."""
        client_id = secrets.token_hex(8)
        with self._lock:
            self.questions[client_id] = text
            self._outbox.append(client_id)
        self._pump()
        return client_id

    def shown_for(self, client_id: str) -> list[str]:
        """Returns the whole answers to a message that are on the screen."""
        with self._lock:
            return [text for of, text in self.answers.values() if of == client_id]

    def is_streaming(self) -> bool:
        return bool(self.streams)

    def reload(self) -> None:
        """Forgets what is on the screen and connects anew, as a reload of the page does."""
        with self._lock:
            self.questions.clear()
            self.answers.clear()
            self.streams.clear()
            if self._socket is not None:
                self._socket.close()

    def close(self) -> None:
        self._closed.set()
        if self._socket is not None:
            self._socket.close()
        self._thread.join(20)

    def _run(self) -> None:
        while not self._closed.is_set():
            code = self._stay()
            with self._lock:
                self._socket, self._sending = None, ""
            wait_s = min(LONGEST_S, 0.5 * 2**self._tries) * random.uniform(0.5, 1.5)
            if code in SHUTTING_DOWN:
                wait_s = random.uniform(0.5, 2.0)
            self._tries += 1
            self._closed.wait(wait_s)

    def _stay(self) -> int:
        """Connects and reads until the connection ends; returns its close code, 0 without one."""
        url = f"{next(self._places)}?visitor={self._token}&seed={self._seed}"
        try:
            with connect(url, open_timeout=OPEN_WITHIN_S, ping_interval=None, close_timeout=2) as socket:
                self.connections += 1
                self._socket = socket
                return self._read(socket)
        except (OSError, WebSocketException):
            return 0

    def _read(self, socket: ClientConnection) -> int:
        heard = pinged = time.monotonic()
        while True:
            try:
                frame = json.loads(socket.recv(timeout=1.0))
                heard = time.monotonic()
            except TimeoutError:
                frame = {}
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0
            with self._lock:
                self._on(frame)
            now = time.monotonic()
            if now - pinged > PING_EVERY_S:
                pinged = now
                socket.send('{"type": "ping"}')
            silent = now - heard > PING_EVERY_S + PONG_WITHIN_S
            if silent or (self._sending and now - self._sent_at > ACCEPT_WITHIN_S):
                return 0

    def _pump(self) -> None:
        with self._lock:
            if self._sending or not self._outbox or self._socket is None or not self._token:
                return
            self._sending, self._sent_at = self._outbox[0], time.monotonic()
            text = self.questions[self._sending]
            frame = json.dumps({"type": "message", "text": text, "client_id": self._sending})
            with contextlib.suppress(OSError, WebSocketException):
                self._socket.send(frame)

    def _on(self, frame: dict[str, Any]) -> None:
        client_id = str(frame.get("client_id") or "")
        match frame.get("type"):
            case "hello":
                self._on_hello(frame)
            case "accepted":
                self._pending.add(client_id)
                self._accepted(client_id)
            case "typing":
                self._pending.add(client_id)
                self._joined.discard(client_id)
                if frame.get("restart") and self.streams.pop(client_id, ""):
                    self.restarts += 1
            case "token" if client_id in self._pending and client_id not in self._joined:
                self.streams[client_id] = self.streams.get(client_id, "") + frame["text"]
                self.on_token(client_id, self.streams[client_id])
            case "message":
                self._settle(client_id)
                self.answers.setdefault(frame["id"], (client_id, frame["text"]))
            case "idle":
                self._settle(client_id)
            case "error":
                self.notices.append(f"{frame.get('code')} {frame.get('text')}")

    def _on_hello(self, frame: dict[str, Any]) -> None:
        self._token, self._tries = frame["visitor"], 0
        self.restarts += len(self.streams)
        self.streams.clear()
        self._pending, self._joined = set(), set()
        for entry in frame["history"]:
            if entry["role"] == "user":
                self.questions.setdefault(entry["client_id"], entry["text"])
            else:
                self.answers.setdefault(entry["id"], (str(entry.get("client_id") or ""), entry["text"]))
        for entry in frame["pending"]:
            self.questions.setdefault(entry["client_id"], entry["text"])
            self._pending.add(entry["client_id"])
            self._joined.add(entry["client_id"])
        self._sending = ""
        self._pump()

    def _accepted(self, client_id: str) -> None:
        if client_id in self._outbox:
            self._outbox.remove(client_id)
        if self._sending == client_id:
            self._sending = ""
        self._pump()

    def _settle(self, client_id: str) -> None:
        self._pending.discard(client_id)
        self._joined.discard(client_id)
        self.streams.pop(client_id, None)
