"""Runs a simulated platform on this machine: serves its API over HTTP and sends its webhooks to the product."""

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
    """State of a simulated platform.

    Attributes:
        simulator: The platform.
        show: Called in the server's threads with everything that the person sees.
        fail_next: Number of next API calls that are answered with 500.
        calls: All API calls of the bot so far.
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
    """Serves the platform's API on loopback and yields its address."""

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
            """Logs nothing: the output shows only the replies."""

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
    """Outcome of a webhook: the last HTTP status (0: product not reached) and the number of tries."""

    status: int
    tries: int


def deliver(stage: Stage, url: str, request: WebhookRequest, *, times: int = 1, hurry: float = 1.0) -> Delivery:
    """Delivers a webhook with the vendor's retry schedule until the product accepts it.

    Args:
        stage: The platform.
        url: The channel's webhook address.
        request: The request from `Simulator.message`.
        times: Least number of deliveries, to simulate the duplicates that platforms send at times.
        hurry: Divisor of the vendor's pauses.
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
