"""Carries wake-ups between the processes of one machine without Redis, as UDP datagrams on the loopback interface.

Each worker process listens on its own port and writes the port to a file under CLAWDBOT_HOME/run. Senders pick the
living listeners in turn. Nothing here waits or retries: after a lost datagram the next sweep finds the row.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings

from clawdbot import signatures

logger = logging.getLogger(__name__)

Wake = Callable[[str, int, float, str], None]
"""wake(task name, row id, seconds from now, sign of its chat or "")"""

LOOK_EVERY_S = 1.0
_MAX_DATAGRAM = 512
_RECEIVE_BUFFER = 1 << 20

_lock = threading.Lock()
_sender: socket.socket | None = None
_turns = itertools.count()
_listeners: dict[str, tuple[float, list[int]]] = {}


def _folder() -> Path:
    folder = Path(settings.CLAWDBOT.home) / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _token() -> str:
    """Returns the token that proves a datagram is ours, so that other local programs cannot wake the workers."""
    return signatures.hmac_hex(settings.SECRET_KEY, b"bus")[:16]


def listen(queues: Iterable[str], wake: Wake) -> None:
    """Listens for wake-ups of these queues in a daemon thread, and calls `wake` in that thread."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    server.bind(("127.0.0.1", 0))
    port = server.getsockname()[1]
    for queue in queues:
        (_folder() / f"{queue}.{os.getpid()}").write_text(str(port))

    def run() -> None:
        token = _token()
        while True:
            datagram = server.recv(_MAX_DATAGRAM)
            try:
                given, task, row_id, delay_s, chat = datagram.decode("ascii").split(" ")
                if signatures.compare(given, token):
                    wake(task, int(row_id), float(delay_s), chat)
            except ValueError:
                continue  # not our datagram
            except Exception:  # no error of one wake-up may end this thread
                logger.exception("a wake-up failed; the sweep will find the row")

    threading.Thread(target=run, name="loopback", daemon=True).start()


def send(queue: str, task: str, row_id: int, delay_s: float = 0.0, chat: str = "") -> None:
    """Wakes one worker process of this queue, if there is one; the same one for all rows of a chat."""
    ports = _ports(queue)
    if not ports:
        return
    datagram = f"{_token()} {task} {row_id} {delay_s:.3f} {chat}".encode("ascii")
    port = ports[(int(chat, 16) if chat else next(_turns)) % len(ports)]
    with contextlib.suppress(OSError):
        _socket().sendto(datagram, ("127.0.0.1", port))


def clear_cache() -> None:
    """Forgets the listeners; the next wake-up looks them up again."""
    _listeners.clear()


def _socket() -> socket.socket:
    global _sender
    with _lock:
        if _sender is None:
            _sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            _sender.setblocking(False)
        return _sender


def _ports(queue: str) -> list[int]:
    """Returns the ports of the living listeners; reads the files at most once in `LOOK_EVERY_S`."""
    now = time.monotonic()
    known = _listeners.get(queue)
    if known is not None and now - known[0] < LOOK_EVERY_S:
        return known[1]
    ports = []
    for path in sorted(_folder().glob(f"{queue}.*")):
        try:
            os.kill(int(path.suffix[1:]), 0)
            ports.append(int(path.read_text()))
        except (ProcessLookupError, ValueError, FileNotFoundError):
            path.unlink(missing_ok=True)
    _listeners[queue] = (now, ports)
    return ports
