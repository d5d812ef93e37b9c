"""What the product talks to, as real servers on this machine: a Bot API and an OpenAI-compatible model."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Sent:
    """One accepted sendMessage."""

    chat_id: str
    text: str
    at: float


@dataclass
class Server:
    """Base: one handler function (path, body) -> (status, JSON), served by threads."""

    answer: Callable[[str, dict[str, Any]], tuple[int, Any]]
    url: str = ""
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Server:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, value = answer(self.path, json.loads(raw or b"{}"))
                body = value if isinstance(value, bytes) else json.dumps(value).encode()
                head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                self.wfile.write(head.encode() + body)  # one write: two would meet the delayed ACK

            do_GET = do_POST

            def log_message(self, format: str, *args: object) -> None:
                return

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                return  # a killed client is what these tests are about

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()


@dataclass
class BotApi:
    """Telegram's Bot API: takes sendMessage, can fail for a while; `edits` are (message id, text)."""

    sent: list[Sent] = field(default_factory=list)
    edits: list[tuple[str, str]] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    fail_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def server(self) -> Server:
        return Server(self._answer)

    def texts(self, chat_id: str) -> list[str]:
        with self.lock:
            return [item.text for item in self.sent if item.chat_id == chat_id]

    def wait_for(self, count: int, wait_s: float = 30.0) -> list[Sent]:
        """Waits until `count` messages were taken; returns all."""
        deadline = time.monotonic() + wait_s
        while len(self.sent) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        with self.lock:
            return list(self.sent)

    def _answer(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        method = path.partition("?")[0].rsplit("/", 1)[-1]
        with self.lock:
            turn = self.calls[method] = self.calls.get(method, 0) + 1
            if method == "sendMessage" and time.monotonic() < self.fail_until:
                if turn % 2:
                    return 500, {"ok": False, "error_code": 500, "description": "Internal Server Error"}
                return 429, {
                    "ok": False,
                    "error_code": 429,
                    "description": "Too Many Requests",
                    "parameters": {"retry_after": 1},
                }
            if method == "sendMessage":
                self.sent.append(Sent(str(body["chat_id"]), str(body["text"]), time.monotonic()))
                chat = {"id": body["chat_id"], "type": "private"}
                return 200, {"ok": True, "result": {"message_id": 1000 + len(self.sent), "date": 0, "chat": chat}}
            if method == "getFile" and body["file_id"] in self.files:
                return 200, {
                    "ok": True,
                    "result": {"file_id": body["file_id"], "file_path": f"files/{body['file_id']}"},
                }
            if path.startswith("/file/"):
                return (200, self.files[method]) if method in self.files else (404, b"")
            if method == "editMessageText":
                self.edits.append((str(body["message_id"]), str(body["text"])))
                return 200, {"ok": True, "result": {"message_id": body["message_id"], "date": 0, "chat": {"id": 1}}}
            if method == "getMe":
                return 200, {
                    "ok": True,
                    "result": {"id": 1, "is_bot": True, "first_name": "Test", "username": "TestBot"},
                }
            if method == "getUpdates":
                offset = int(body.get("offset") or 0)
                return 200, {"ok": True, "result": [u for u in self.updates if u["update_id"] >= offset]}
            if method == "getWebhookInfo":
                info = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
                return 200, {"ok": True, "result": info}
        return 200, {"ok": True, "result": True}


@dataclass
class StubModel:
    """An OpenAI-compatible model that says back what it was asked, after `delay_s` and when `wait` comes back."""

    delay_s: float = 0.0
    wait: Callable[[], object] = bool
    prompts: list[list[dict[str, Any]]] = field(default_factory=list)

    def server(self) -> Server:
        return Server(self._answer)

    def _answer(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path.endswith("/models"):
            return 200, {"object": "list", "data": [{"id": "stub", "object": "model"}]}
        self.prompts.append(body["messages"])
        time.sleep(self.delay_s)
        self.wait()
        asked = [message["content"] for message in body["messages"] if message["role"] == "user"][-1]
        message = {"role": "assistant", "content": f"You said: {asked.splitlines()[-1]}"}
        return 200, {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "stub",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 12, "total_tokens": 112},
        }
