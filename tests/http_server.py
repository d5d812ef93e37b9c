"""A real HTTP server on loopback. It records requests and answers what the test wrote for them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Recorded:
    """One request as the server received it; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """One response; `chunks` are written one by one, after a call of `before_chunk` each."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: tuple[bytes, ...] = ()
    before_chunk: Callable[[], object] | None = None


Respond = Callable[[Recorded], Answer]


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


class Server:
    """Answers with `respond`, or else with `answers` in their order; the last one repeats."""

    def __init__(self, url: str, respond: Respond | None = None) -> None:
        self.url = url
        self.requests: list[Recorded] = []
        self.answers: list[Answer] = [Answer()]
        self.respond = respond

    def answer(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def next(self, request: Recorded) -> Answer:
        self.requests.append(request)
        if self.respond is not None:
            return self.respond(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    script: Server

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # tests break off requests and kill clients


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http
    disable_nagle_algorithm = True

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.script.next(Recorded(self.command, self.path, headers, body))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.chunks:
            self.send_header("Connection", "close")
            self.end_headers()
            for chunk in answer.chunks:
                if answer.before_chunk is not None:
                    answer.before_chunk()
                self.wfile.write(chunk)
            self.close_connection = True
            return
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_GET
    do_POST = do_GET
    do_PUT = do_GET
    do_PATCH = do_GET
    do_DELETE = do_GET


@contextmanager
def serve(respond: Respond | None = None) -> Iterator[Server]:
    """Runs a server on a free port."""
    httpd = _Http(("127.0.0.1", 0), _Handler)
    httpd.script = Server(f"http://127.0.0.1:{httpd.server_port}", respond)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield httpd.script
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join(5)
