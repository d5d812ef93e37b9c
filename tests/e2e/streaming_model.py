"""An OpenAI-compatible endpoint that streams what the test wrote for it, as slowly as the test wants."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

MODEL = "stub-1"


@dataclass
class StreamingModel:
    """Answers with the first of `answers` whose key occurs in the person's last message, word by word.

    Attributes:
        answers: text by a word of the question; "" is the answer to everything else.
        pause_s: seconds between two words.
        asked: prompts received, as lists of messages.
    """

    answers: dict[str, str] = field(default_factory=lambda: {"": "All right."})
    pause_s: float = 0.0
    asked: list[list[dict[str, Any]]] = field(default_factory=list)

    def __enter__(self) -> StreamingModel:
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.asked.append(body["messages"])
                self.send_response(200)
                streamed = body.get("stream", False)
                self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
                self.end_headers()
                text = model._answer(str(body["messages"][-1]["content"]))
                try:
                    self._stream(text) if streamed else self.wfile.write(_whole(text))
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the product hung up: the person pressed stop

            def _stream(self, text: str) -> None:
                for word in text.split(" "):
                    self._event({"choices": [{"index": 0, "delta": {"content": word + " "}, "finish_reason": None}]})
                    time.sleep(model.pause_s)
                self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
                self.wfile.write(b"data: [DONE]\n\n")

            def _event(self, values: dict[str, Any]) -> None:
                common = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": MODEL}
                self.wfile.write(b"data: " + json.dumps(common | values).encode() + b"\n\n")
                self.wfile.flush()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def _answer(self, question: str) -> str:
        return next(text for key, text in self.answers.items() if key in question)


def _whole(text: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    values = {"id": "x", "object": "chat.completion", "created": 0, "model": MODEL, "choices": [choice], "usage": usage}
    return json.dumps(values).encode()
