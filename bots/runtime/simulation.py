"""Runs a simulated platform on this machine: its API as an HTTP server, its webhooks as requests to the product."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from adapters.events import HttpReply, WebhookRequest
from adapters.simulation import ApiCall, Shown, Simulator
from clawdbot import http

DELIVERY_TIMEOUT_S = 20.0


@dataclass(slots=True)
class Stage:
    """What is going on at a simulated platform.

    Attributes:
        simulator: the platform.
        show: called with everything the person sees, in the server's threads.
        fail_next: so many calls of the bot are answered 500 before the platform works.
        calls: every call of the bot so far.
    """

    simulator: Simulator
    show: Callable[[Shown], object]
    fail_next: int = 0
    calls: list[ApiCall] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, call: ApiCall) -> tuple[int, bytes, str]:
        with self.lock:
            self.calls.append(call)
            if self.fail_next > 0:
                self.fail_next -= 1
                return 500, b"{}", "application/json"
            answer = self.simulator.answer(call)
        for shown in answer.shown:
            self.show(shown)
        return answer.status, answer.body, answer.content_type


@contextmanager
def serve(stage: Stage, port: int = 0) -> Iterator[str]:
    """Serves the platform's API on loopback; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = ApiCall(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers.items()), body)
            status, answer, kind = stage.take(call)
            head = f"HTTP/1.1 {status} .\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n"
            self.wfile.write(head.encode() + answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _take

        def log_message(self, format: str, *args: object) -> None:
            """The replies are what is to be seen."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), name="simulator", daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the product took a webhook: the last status (0: not reached), and after how many tries."""

    status: int
    tries: int


def deliver(stage: Stage, url: str, request: WebhookRequest, *, times: int = 1, hurry: float = 1.0) -> Delivery:
    """Delivers a webhook as the vendor does: again after its pauses until it is taken.

    Args:
        stage: the platform.
        url: the channel's webhook address.
        request: from `Simulator.message`.
        times: so often even when it is taken at once, as platforms do now and then.
        hurry: the vendor's pauses are divided by this.
    """
    status, tries = 0, 0
    for pause in (0.0, *stage.simulator.redelivery_s):
        time.sleep(pause / hurry)
        status, tries = _post(stage, url, request), tries + 1
        if 200 <= status < 300 and tries >= times:
            break
        request = stage.simulator.again(request)
    return Delivery(status, tries)


def _post(stage: Stage, url: str, request: WebhookRequest) -> int:
    address = f"{url}?{urlencode(request.query)}" if request.query else url
    try:
        reply = http.request(
            request.method, address, data=request.body, headers=request.headers, timeout=DELIVERY_TIMEOUT_S
        )
    except http.HttpError:
        return 0
    for shown in stage.simulator.passive(HttpReply(reply.status, reply.body)) if reply.ok else ():
        stage.show(shown)
    return reply.status
