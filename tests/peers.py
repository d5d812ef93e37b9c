"""Servers that the product calls, on loopback: a Bot API and two OpenAI-compatible models."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from tests.http_server import Answer, Recorded, Server, json_answer, serve

MODEL = "stub-1"


@dataclass
class Sent:
    """One accepted sendMessage."""

    chat_id: str
    text: str
    at: float


@dataclass
class BotApi:
    """Telegram's Bot API. It accepts sendMessage and can fail for a while.

    Attributes:
        sent: Accepted messages.
        edits: (message id, text) of each edit.
        calls: Number of calls by method.
        updates: What getUpdates returns.
        files: Bytes by file id.
        fail_until: Until then (`time.monotonic`) sendMessage gets a 500 or a 429.
        refusal: Status and description that sendMessage gets instead of success, if any.
    """

    sent: list[Sent] = field(default_factory=list)
    edits: list[tuple[str, str]] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    fail_until: float = 0.0
    refusal: tuple[int, str] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def server(self) -> AbstractContextManager[Server]:
        return serve(self._answer)

    def texts(self, chat_id: str) -> list[str]:
        with self.lock:
            return [item.text for item in self.sent if item.chat_id == chat_id]

    def _answer(self, request: Recorded) -> Answer:
        method = request.path.partition("?")[0].rsplit("/", 1)[-1]
        with self.lock:
            call = self.calls[method] = self.calls.get(method, 0) + 1
            if request.path.startswith("/file/"):
                return Answer(200, self.files[method]) if method in self.files else Answer(404, b"")
            if method == "sendMessage" and time.monotonic() < self.fail_until:
                return _refused(500, "Internal Server Error") if call % 2 else _refused(429, "Too Many Requests", 1)
            if method == "sendMessage" and self.refusal is not None:
                return _refused(*self.refusal)
            body = request.json if request.body else {}
            return json_answer({"ok": True, "result": self._result(method, body)})

    def _result(self, method: str, body: dict[str, Any]) -> Any:
        match method:
            case "sendMessage":
                self.sent.append(Sent(str(body["chat_id"]), str(body["text"]), time.monotonic()))
                chat = {"id": body["chat_id"], "type": "private"}
                return {"message_id": 1000 + len(self.sent), "date": 0, "chat": chat}
            case "editMessageText":
                self.edits.append((str(body["message_id"]), str(body["text"])))
                return {"message_id": body["message_id"], "date": 0, "chat": {"id": 1}}
            case "getFile" if body["file_id"] in self.files:
                return {"file_id": body["file_id"], "file_path": f"files/{body['file_id']}"}
            case "getMe":
                return {"id": 1, "is_bot": True, "first_name": "Test", "username": "TestBot"}
            case "getUpdates":
                offset = int(body.get("offset") or 0)
                return [update for update in self.updates if update["update_id"] >= offset]
            case "getWebhookInfo":
                return {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        return True


def _refused(status: int, description: str, retry_after: int | None = None) -> Answer:
    values: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if retry_after is not None:
        values["parameters"] = {"retry_after": retry_after}
    return json_answer(values, status)


@dataclass
class StubModel:
    """A model that repeats the last user message, `delay_s` later and after `wait` returns.

    Attributes:
        prompts: Prompts received, as lists of messages.
        finish_reason: Why each answer ends.
        refused_words: A prompt that holds one of them is refused for its content.
        says: What it answers in place of the repetition.
    """

    delay_s: float = 0.0
    wait: Callable[[], object] = bool
    prompts: list[list[dict[str, Any]]] = field(default_factory=list)
    finish_reason: str = "stop"
    refused_words: list[str] = field(default_factory=list)
    says: str = ""

    def server(self) -> AbstractContextManager[Server]:
        return serve(self._answer)

    def _answer(self, request: Recorded) -> Answer:
        if request.path.endswith("/models"):
            return json_answer({"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        messages = request.json["messages"]
        self.prompts.append(messages)
        if any(word in str(messages) for word in self.refused_words):
            return json_answer({"error": {"message": "blocked by risk control", "code": "risk_control"}}, 400)
        time.sleep(self.delay_s)
        self.wait()
        asked = [message["content"] for message in messages if message["role"] == "user"][-1]
        return completion(self.says or f"You said: {asked.splitlines()[-1]}", finish_reason=self.finish_reason)


@dataclass
class StreamingModel:
    """A model that streams, word by word, the first of `answers` whose key occurs in the last message.

    Attributes:
        answers: Text by a part of the question; the key "" fits every question.
        pause_s: Seconds before each word; a change counts from the next word.
        prompts: Prompts received, as lists of messages.
    """

    answers: dict[str, str] = field(default_factory=lambda: {"": "All right."})
    pause_s: float = 0.0
    prompts: list[list[dict[str, Any]]] = field(default_factory=list)

    def server(self) -> AbstractContextManager[Server]:
        return serve(self._answer)

    def _answer(self, request: Recorded) -> Answer:
        messages = request.json["messages"]
        self.prompts.append(messages)
        text = next(text for key, text in self.answers.items() if key in str(messages[-1]["content"]))
        if not request.json.get("stream", False):
            return completion(text)
        chunks = [_chunk({"content": f"{word} "}) for word in text.split(" ")]
        end = (_chunk({}, "stop"), b"data: [DONE]\n\n")
        headers = {"Content-Type": "text/event-stream"}
        return Answer(200, b"", headers, (*chunks, *end), lambda: time.sleep(self.pause_s))


def completion(text: str, model: str = MODEL, finish_reason: str = "stop") -> Answer:
    """A whole answer of a chat model."""
    message = {"role": "assistant", "content": text}
    values = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "finish_reason": finish_reason, "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 12, "total_tokens": 112},
    }
    return json_answer(values)


def _chunk(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    values = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": MODEL, "choices": [choice]}
    return b"data: " + json.dumps(values).encode() + b"\n\n"
