"""A model that calls tools in OpenAI's shape, as a server on loopback. It refuses a malformed prompt as OpenAI does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from tests.http_server import Answer, Recorded, Server, json_answer, serve

MODEL = "tools-1"


@dataclass(frozen=True)
class Wants:
    """One answer: text, and calls as (name, arguments); arguments are an object or the JSON as it is sent."""

    text: str = ""
    calls: tuple[tuple[str, Any], ...] = ()
    finish: str = ""

    @property
    def finish_reason(self) -> str:
        return self.finish or ("tool_calls" if self.calls else "stop")


def call(name: str, text: str = "", /, **arguments: Any) -> Wants:
    return Wants(text, ((name, arguments),))


Step = Wants | Answer | Callable[[dict[str, Any]], Wants | Answer]


@dataclass
class ToolModel:
    """Answers with `steps` in their order; the last one repeats. A step may be a function of the request.

    Attributes:
        requests: Bodies received.
        malformed: What was wrong with prompts.
        takes_tools: Without them it refuses a request that has tools.
        before: Called before each answer.
        tokens: Of each prompt and each answer, as it reports them.
    """

    steps: Sequence[Step] = (Wants("All right."),)
    requests: list[dict[str, Any]] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    takes_tools: bool = True
    before: Callable[[], object] = bool
    tokens: tuple[int, int] = (100, 10)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def server(self) -> AbstractContextManager[Server]:
        return serve(self._answer)

    @property
    def results(self) -> list[str]:
        """The results of tools in the latest prompt."""
        return [str(message["content"]) for message in self.requests[-1]["messages"] if message["role"] == "tool"]

    def _answer(self, request: Recorded) -> Answer:
        if not request.path.endswith("/chat/completions"):
            return json_answer({"object": "list", "data": [{"id": MODEL}]})
        body = request.json
        self.before()
        with self._lock:
            self.requests.append(body)
            step = self.steps[min(len(self.requests), len(self.steps)) - 1]
        if body.get("tools") and not self.takes_tools:
            return _refused(f"registry/{MODEL} does not support tools")
        if wrong := problem_of(body["messages"]):
            self.malformed.append(wrong)
            return _refused(wrong)
        wanted = step(body) if callable(step) else step
        if isinstance(wanted, Answer):
            return wanted
        usage = dict(zip(("prompt_tokens", "completion_tokens"), self.tokens, strict=True))
        return _streamed(wanted, usage) if body.get("stream") else _whole(wanted, usage)


def problem_of(messages: Sequence[dict[str, Any]]) -> str:
    """Returns why OpenAI would refuse these messages; "" when they are well formed."""
    open_calls: list[str] = []
    seen: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                return "a message with role 'tool' must be a response to a preceding message with 'tool_calls'"
            open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            return f"tool_call_ids did not have response messages: {', '.join(open_calls)}"
        ids = [one["id"] for one in message.get("tool_calls", ())]
        if "tool_calls" in message and not ids:
            return "an empty list of tool_calls"
        if len(ids) != len(set(ids)) or seen & set(ids):
            return "duplicate ids"
        for one in message.get("tool_calls", ()):
            if not isinstance(json.loads(one["function"]["arguments"]), dict):
                return "arguments must be an object"
        seen |= set(ids)
        open_calls = ids
    return f"no responses: {', '.join(open_calls)}" if open_calls else ""


def _written(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _refused(message: str) -> Answer:
    return json_answer({"error": {"message": message, "type": "invalid_request_error", "code": None}}, 400)


def _whole(wanted: Wants, usage: dict[str, int]) -> Answer:
    message: dict[str, Any] = {"role": "assistant", "content": wanted.text or None}
    if wanted.calls:
        message["tool_calls"] = [
            {"id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": _written(arguments)}}
            for place, (name, arguments) in enumerate(wanted.calls)
        ]
    choice = {"index": 0, "finish_reason": wanted.finish_reason, "message": message}
    return json_answer({"id": "x", "object": "chat.completion", "model": MODEL, "choices": [choice], "usage": usage})


def _streamed(wanted: Wants, usage: dict[str, int]) -> Answer:
    chunks = [chunk({"content": f"{word} "}) for word in wanted.text.split(" ") if word]
    for place, (name, arguments) in enumerate(wanted.calls):
        begin = {"index": place, "id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": ""}}
        chunks.append(chunk({"tool_calls": [begin]}))
        written = _written(arguments)
        for start in range(0, len(written), 7):
            piece = {"index": place, "function": {"arguments": written[start : start + 7]}}
            chunks.append(chunk({"tool_calls": [piece]}))
    chunks.append(chunk({}, wanted.finish_reason))
    ends = (b"data: " + json.dumps({"id": "x", "choices": [], "usage": usage}).encode() + b"\n\n", b"data: [DONE]\n\n")
    return Answer(200, b"", {"Content-Type": "text/event-stream"}, (*chunks, *ends))


def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return b"data: " + json.dumps({"id": "x", "model": MODEL, "choices": [choice]}).encode() + b"\n\n"
