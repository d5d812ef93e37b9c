"""A model behind Anthropic's Messages API on loopback. It refuses what the real one refuses, in its words."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from bots.llm import complete
from bots.models import ModelProvider
from tests.http_server import Answer, Recorded, Server, json_answer, serve
from tests.llm.builders import QUESTION, make_provider

MODEL = "claude-1"
KEY = "sk-ant-key"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ROLE = {"user": ("text", "image", "tool_result"), "assistant": ("text", "tool_use", "thinking", "redacted_thinking")}


@dataclass(frozen=True)
class Says:
    """One answer: its blocks, why it stops, its tokens, and what is odd about its stream."""

    blocks: tuple[dict[str, Any], ...] = ()
    stop: str = "end_turn"
    usage: dict[str, int] = field(default_factory=lambda: {"input_tokens": 100, "output_tokens": 10})
    breaks_after: int | None = None  # events
    error: str = ""  # kind of an error in the middle
    before_chunk: Callable[[], object] | None = None


def says(text: str, stop: str = "end_turn", **more: Any) -> Says:
    return Says(({"type": "text", "text": text},) if text else (), stop, **more)


def calls(name: str, /, thinking: str = "", call_id: str = "toolu_1", **arguments: Any) -> Says:
    thought = ({"type": "thinking", "thinking": thinking, "signature": f"sig({thinking})"},) if thinking else ()
    return Says((*thought, {"type": "tool_use", "id": call_id, "name": name, "input": arguments}), "tool_use")


def refusal(status: int, kind: str, message: str = "no", **headers: str) -> Answer:
    return json_answer({"type": "error", "error": {"type": kind, "message": message}}, status, **headers)


Step = Says | Answer


@dataclass
class Claude:
    """Answers with `steps` in their order; the last one repeats. `bodies` are the requests that it took."""

    steps: Sequence[Step] = (says("All right."),)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Recorded] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    path: str = "/v1/messages"
    header: str = "x-api-key"  # where it looks for the key
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def server(self) -> AbstractContextManager[Server]:
        return serve(self._answer)

    def _answer(self, request: Recorded) -> Answer:
        self.requests.append(request)
        if request.method == "GET" and request.path.endswith("/models"):
            return json_answer({"data": [{"type": "model", "id": MODEL}], "has_more": False})
        if request.path != self.path:
            return refusal(404, "not_found_error", "Not found")
        if request.headers.get(self.header, "").removeprefix("Bearer ") != KEY:
            return refusal(401, "authentication_error", "invalid x-api-key")
        if request.headers.get("anthropic-version") != "2023-06-01":
            return refusal(400, "invalid_request_error", "anthropic-version: header is required")
        body = request.json
        with self._lock:
            self.bodies.append(body)
            step = self.steps[min(len(self.bodies), len(self.steps)) - 1]
        if wrong := problem_of(body):
            self.malformed.append(wrong)
            return refusal(400, "invalid_request_error", wrong)
        if isinstance(step, Answer):
            return step
        return _streamed(step) if body.get("stream") else _whole(step)


def problem_of(body: dict[str, Any]) -> str:
    """Returns why the API refuses this request; "" if it takes it."""
    unknown = body.keys() - {
        *("model", "max_tokens", "messages", "system", "temperature", "stream", "tools", "tool_choice", "thinking"),
        *("metadata", "stop_sequences", "top_p", "top_k"),
    }
    if unknown:
        return f"{sorted(unknown)[0]}: Extra inputs are not permitted"
    thinks = (body.get("thinking") or {}).get("type") == "enabled"
    if thinks and body["thinking"]["budget_tokens"] >= body["max_tokens"]:
        return "`max_tokens` must be greater than `thinking.budget_tokens`"
    if thinks and body.get("temperature", 1) != 1:
        return "`temperature` may only be set to 1 when thinking is enabled"
    if thinks and "tool_choice" in body:
        return "Thinking may not be enabled when tool_choice forces tool use."
    if not 0 <= body.get("temperature", 1) <= 1:
        return "temperature: range: 0..1"
    for tool in body.get("tools", ()):
        if not _NAME.fullmatch(tool["name"]):
            return "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
        if tool["input_schema"].get("type") != "object":
            return "tools.0.custom.input_schema.type: Field required"
        if {"oneOf", "anyOf", "allOf"} & tool["input_schema"].keys():
            return "input_schema does not support oneOf, allOf, or anyOf at the top level"
    marks = json.dumps(body).count('"cache_control"')
    if marks > 4:
        return f"A maximum of 4 blocks with cache_control may be provided. Found {marks}."
    blocks = body.get("system", [])
    return _wrong_text([] if isinstance(blocks, str) else blocks) or _wrong_turns(body["messages"], thinks)


def _wrong_text(blocks: Iterable[dict[str, Any]]) -> str:
    for block in blocks:
        if block["type"] == "text" and not block["text"].strip():
            return "messages: text content blocks must contain non-whitespace text"
    return ""


def _wrong_turns(messages: list[dict[str, Any]], thinks: bool) -> str:
    if not messages or messages[0]["role"] != "user":
        return 'messages: first message must use the "user" role'
    waiting: list[str] = []
    for place, message in enumerate(messages):
        if place and messages[place - 1]["role"] == message["role"]:
            return 'messages: roles must alternate between "user" and "assistant"'
        content = message["content"]
        if not content:
            return f"messages.{place}: all messages must have non-empty content"
        if any(block["type"] not in _ROLE[message["role"]] for block in content):
            return f"messages.{place}: a block does not belong to {message['role']}"
        if wrong := _wrong_text(content):
            return wrong
        results = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
        if sorted(results) != sorted(waiting):
            return f"`tool_use` ids were found without `tool_result` blocks immediately after: {waiting}"
        if any(block["type"] == "tool_result" for block in content[len(results) :]):
            return "tool_result blocks must come first"
        used = [block for block in content if block["type"] == "tool_use"]
        waiting = [block["id"] for block in used]
        if any(not _NAME.fullmatch(one) for one in waiting):
            return "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
    if thinks and results and messages[-2]["content"][0]["type"] not in ("thinking", "redacted_thinking"):
        return "Expected `thinking` or `redacted_thinking`, but found `tool_use`."
    return "" if messages[-1]["role"] == "user" else "This model does not support assistant message prefill."


def _message(step: Says) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": list(step.blocks),
        "stop_reason": step.stop,
        "stop_sequence": None,
        "usage": step.usage,
    }


def _whole(step: Says) -> Answer:
    return json_answer(_message(step))


def _streamed(step: Says) -> Answer:
    begun = {**_message(step), "content": [], "stop_reason": None}
    begun["usage"] = {**step.usage, "output_tokens": 1}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for index, block in enumerate(step.blocks):
        events += _block_events(index, block)
    if step.error:
        events.append({"type": "error", "error": {"type": step.error, "message": "Overloaded"}})
    delta = {"stop_reason": step.stop, "stop_sequence": None}
    events.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": step.usage["output_tokens"]}})
    events.append({"type": "message_stop"})
    events = events if step.breaks_after is None else events[: step.breaks_after]
    chunks = tuple(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events)
    return Answer(200, b"", {"Content-Type": "text/event-stream; charset=utf-8"}, chunks, step.before_chunk)


def _block_events(index: int, block: dict[str, Any]) -> list[dict[str, Any]]:
    kind = block["type"]
    empty: dict[str, Any] = {
        "text": {"type": "text", "text": ""},
        "thinking": {"type": "thinking", "thinking": "", "signature": ""},
        "tool_use": {**block, "input": {}},
    }.get(kind, block)
    deltas: list[dict[str, Any]] = []
    if kind == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in re.findall(r"\s*\S+|\s+$", block["text"])]
    elif kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": block["thinking"]}]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    elif kind == "tool_use":
        written = json.dumps(block["input"], ensure_ascii=False)
        deltas = [{"type": "input_json_delta", "partial_json": ""}]
        deltas += [
            {"type": "input_json_delta", "partial_json": written[at : at + 5]} for at in range(0, len(written), 5)
        ]
    return [
        {"type": "content_block_start", "index": index, "content_block": empty},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def anthropic(address: str, **values: Any) -> ModelProvider:
    return make_provider(address, **{"protocol": "anthropic", "api_key": KEY} | values)


def streamed(messages: Any = QUESTION, **more: Any) -> tuple[Any, str]:
    """Returns the completion, and what the person saw in the end."""
    shown: list[str] = []
    found = complete(messages, on_token=shown.append, on_restart=shown.clear, **more)
    return found, "".join(shown)


def asked(*turns: tuple[str, str]) -> list[Any]:
    return [{"role": role, "content": content} for role, content in turns]
