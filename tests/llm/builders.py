"""Providers, and answers of an OpenAI-compatible endpoint."""

from __future__ import annotations

import itertools
import json
from typing import Any

from bots.llm import ChatMessage
from bots.models import ModelProvider
from tests.http_server import Answer, Server, json_answer

_numbers = itertools.count(1)

QUESTION: list[ChatMessage] = [{"role": "user", "content": "What is a bot?"}]


def make_provider(server: Server | str, **values: Any) -> ModelProvider:
    url = server if isinstance(server, str) else server.url
    number = next(_numbers)
    key = values.pop("api_key", "sk-test-key")
    row = ModelProvider(
        **{"name": f"p{number}", "endpoint": f"{url}/v1", "model": "m", "timeout_s": 60.0, "priority": number} | values
    )
    row.api_key = key
    row.save()
    return row


def chat(text: str, usage: bool = True) -> Answer:
    value: dict[str, Any] = {
        "model": "m-1",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
    }
    if usage:
        value["usage"] = {"prompt_tokens": 1000, "completion_tokens": 500}
    return json_answer(value)


def refusal(status: int, message: str = "no", param: str | None = None, code: str = "x", **headers: str) -> Answer:
    return json_answer({"error": {"message": message, "param": param, "code": code}}, status, **headers)


def stream(*pieces: str, done: bool = True, usage: bool = True, before_chunk: Any = None) -> Answer:
    chunks = [_event({"model": "m-1", "choices": [{"index": 0, "delta": {"content": piece}}]}) for piece in pieces]
    if done:
        chunks.append(_event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
    if usage and done:
        chunks.append(_event({"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 500}}))
    if done:
        chunks.append(b"data: [DONE]\n\n")
    return Answer(200, b"", {"Content-Type": "text/event-stream"}, tuple(chunks), before_chunk)


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
