"""Anthropic's Messages API in terms of OpenAI's chat completions.

It translates the request, the whole answer and the events of a stream. All else is the same for both: connections,
deadlines, cancellation, retries, what is shown of an answer. What the API takes: https://docs.claude.com/en/api/messages
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from bots.llm.alternation import SILENT
from bots.llm.types import VARIABLE_PART, Messages
from clawdbot.http.base_url import key_headers

PATH = "/messages"
_VERSION = "2023-06-01"
# A structured answer is the input of a tool that the model must call.
ANSWER = "answer"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_IN_NAME = re.compile(r"[^a-zA-Z0-9_-]+")
_DATA_URL = re.compile(r"data:(?P<kind>[^;,]+);base64,(?P<data>.*)", re.DOTALL)
_COMBINED = ("oneOf", "anyOf", "allOf")  # refused at the top of a schema
# By the first bytes of a file: an image that is not what its type says is refused.
_KINDS = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp"))
_LARGEST_IMAGE = 5 * 1024 * 1024  # as base64
_TOO_LARGE = "(An image of more than 5 MB is left out here. Say so if it is asked for.)"
_EPHEMERAL = {"cache_control": {"type": "ephemeral"}}
_THOUGHTS = ("thinking", "redacted_thinking")
_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",  # the person may say "continue"
    "refusal": "content_filter",
}


def headers(base: str, api_key: str) -> dict[str, str]:
    """Returns the headers of every request. Many gateways read the key where chat completions have it."""
    found = {"anthropic-version": _VERSION, **({"x-api-key": api_key} if api_key else {})}
    return found if takes_no_bearer(base) else {**found, **key_headers(base, api_key)}


def takes_no_bearer(base: str) -> bool:
    """Returns whether this is Anthropic's own service, which takes a bearer for another kind of log-in."""
    return (urlsplit(base).hostname or "").endswith("anthropic.com")


def request(body: Mapping[str, Any], extra: Mapping[str, Any], schema: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns the request for a body in OpenAI's shape.

    Args:
        body: Its messages are well formed and take turns.
        extra: Further parameters of the provider.
        schema: JSON schema of the answer, if it must be an object.
    """
    system, messages = conversation(body["messages"])
    made: dict[str, Any] = {
        "model": body["model"],
        "max_tokens": body.get("max_tokens") or body.get("max_completion_tokens"),
        "messages": messages,
    }
    if "temperature" in body:
        made["temperature"] = min(body["temperature"], 1.0)
    if body.get("stream"):
        made["stream"] = True
    if tools := [_tool(one["function"]) for one in body.get("tools", ())]:
        made["tools"] = tools
    if schema is not None:
        made["tools"] = [{"name": ANSWER, "description": "Gives the answer.", "input_schema": _schema(schema)}]
        made["tool_choice"] = {"type": "tool", "name": ANSWER}
    if system:
        made["system"] = _system(system)
    _mark_for_cache(made)
    made |= extra
    _make_room_for_thoughts(made)
    return made


def conversation(messages: Messages) -> tuple[str, list[dict[str, Any]]]:
    """Returns the system prompt, and messages in which person and assistant take turns.

    The results of all calls of an answer come first in the next message of the person.
    """
    system: list[str] = []
    found: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] == "system":
            system.append(str(message["content"]))
            continue
        role = "assistant" if message["role"] == "assistant" else "user"
        blocks = list(_blocks(message))
        if found and found[-1]["role"] == role:
            found[-1]["content"] += blocks
        elif blocks or role == "user":
            found.append({"role": role, "content": blocks or [_text(SILENT)]})
    if not found or found[0]["role"] == "assistant":
        found.insert(0, {"role": "user", "content": [_text(SILENT)]})
    if found[-1]["role"] == "assistant":  # newer models refuse to go on with a text
        found.append({"role": "user", "content": [_text(SILENT)]})
    return "\n\n".join(part for part in system if part.strip()), found


def _blocks(message: Any) -> Iterable[dict[str, Any]]:
    content = message["content"]
    if message["role"] == "tool":
        result = {"type": "tool_result", "tool_use_id": _plain(message.get("tool_call_id", "")), "content": content}
        yield {**result, "is_error": True} if message.get("failed") else result
        return
    yield from (message.get("thoughts") or {}).get("blocks", ())
    for part in content if isinstance(content, list) else [_text(content or "")]:
        if part["type"] == "image_url":
            yield _image(part["image_url"]["url"])
        elif part.get("text", "").strip():  # an empty text is refused
            yield _text(part["text"])
    for call in message.get("tool_calls") or ():
        made = call["function"]
        arguments = json.loads(made["arguments"])
        yield {"type": "tool_use", "id": _plain(call["id"]), "name": sent_name(made["name"]), "input": arguments}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _image(url: str) -> dict[str, Any]:
    found = _DATA_URL.fullmatch(url)
    if found is None:
        return {"type": "image", "source": {"type": "url", "url": url}}
    if len(found["data"]) > _LARGEST_IMAGE:
        return _text(_TOO_LARGE)
    begin = base64.b64decode(found["data"][:16] + "==")
    kind = next((kind for mark, kind in _KINDS if begin.startswith(mark)), found["kind"])
    source = {"type": "base64", "media_type": kind, "data": found["data"]}
    return {"type": "image", "source": source}


def _plain(call_id: str) -> str:
    return call_id if _NAME.fullmatch(call_id) else sent_name(call_id or "call")


def sent_name(name: str) -> str:
    """Returns the name under which a tool is sent: only ASCII letters, digits, "_" and "-", at most 64 of them."""
    if _NAME.fullmatch(name):
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{_NOT_IN_NAME.sub('_', name)[:55]}_{mark}"


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    made = {"name": sent_name(function["name"]), "input_schema": _schema(function["parameters"])}
    return {**made, "description": function["description"]} if function.get("description") else made


def _schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the schema without combinations at its top; their properties are taken into it."""
    plain = {key: value for key, value in schema.items() if key not in (*_COMBINED, "$schema")}
    properties = dict(plain.get("properties") or {})
    for part in (part for name in _COMBINED for part in schema.get(name) or ()):
        if isinstance(part, dict):
            properties = {**(part.get("properties") or {}), **properties}
    return {**plain, "type": "object", "properties": properties}


def _system(text: str) -> list[dict[str, Any]]:
    stable, mark, rest = text.partition(VARIABLE_PART)
    return [{**_text(stable), **_EPHEMERAL}, _text(mark.strip("\n") + rest)] if mark and stable else [_text(text)]


def _mark_for_cache(made: dict[str, Any]) -> None:
    """Marks where the endpoint may cache: behind the tools and instructions; in a loop, behind the last result too.

    To write the cache costs more than the tokens, so what differs in each turn is marked only within a loop.
    """
    if "tools" in made and "tool_choice" not in made:
        made["tools"][-1] |= _EPHEMERAL
    last = made["messages"][-1]["content"]
    if any(block["type"] == "tool_result" for block in last):
        last[-1] = {**last[-1], **_EPHEMERAL}


def _make_room_for_thoughts(made: dict[str, Any]) -> None:
    thinking = made.get("thinking") or {}
    if thinking.get("type") not in ("enabled", "adaptive"):
        return
    if "tool_choice" in made or _lacks_thoughts(made["messages"]):
        del made["thinking"]
        return
    made.pop("temperature", None)
    made["max_tokens"] += thinking.get("budget_tokens", 0)


def _lacks_thoughts(messages: list[dict[str, Any]]) -> bool:
    """Returns whether the calls being answered lost the thoughts that the API wants back: of a killed process."""
    if not any(block["type"] == "tool_result" for block in messages[-1]["content"]):
        return False
    return not any(block["type"] in _THOUGHTS for block in messages[-2]["content"])


def completion(message: Any, names: Collection[str]) -> Any:
    """Returns an answer in OpenAI's shape; None for what is no answer."""
    try:
        return _completion(message, names)
    except (AttributeError, LookupError, TypeError):
        return None


def _completion(message: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    chunks = Events(names)
    made: dict[str, Any] = {"content": "", "tool_calls": []}
    for place, block in enumerate(message["content"]):
        begun = chunks.take({"type": "content_block_start", "index": place, "content_block": block})
        delta = begun["choices"][0]["delta"] if begun else {}
        made["content"] += delta.get("content") or ""
        made["tool_calls"] += delta.get("tool_calls", ())
    if thoughts := chunks.thoughts:
        made["thoughts"] = {"blocks": thoughts}
    choice = {"message": made, "finish_reason": chunks.finish(message.get("stop_reason"))}
    return {"model": message.get("model"), "choices": [choice], "usage": chunks.usage(message.get("usage"))}


class Events:
    """Translates the events of a stream to chunks in OpenAI's shape.

    Attributes:
        ended: The stream came to its end.
        thoughts: What the model thought; it is never shown, but sent back with the results of the calls.
    """

    def __init__(self, names: Collection[str]) -> None:
        self.ended = False
        self.thoughts: list[dict[str, Any]] = []
        self._names = {sent_name(name): name for name in names}
        self._counted: dict[str, int] = {}
        self._answers: set[Any] = set()

    def take(self, event: Any) -> dict[str, Any] | None:
        """Returns the chunk for an event; None if it has none.

        Raises:
            AttributeError, LookupError, TypeError: It is no event.
        """
        kind = event["type"]
        if kind == "content_block_start":
            return self._begin(event.get("index"), event["content_block"])
        if kind == "content_block_delta":
            return self._go_on(event.get("index"), event["delta"])
        if kind == "message_start":
            return {"model": event["message"].get("model"), "usage": self.usage(event["message"].get("usage"))}
        if kind == "message_delta":
            delta = event.get("delta") or {}
            return _chunk({}, self.finish(delta.get("stop_reason")), self.usage(event.get("usage")))
        self.ended = self.ended or kind == "message_stop"
        return None  # "ping" too, and kinds that are still unknown

    def usage(self, usage: Any) -> dict[str, Any]:
        """Returns the tokens in OpenAI's shape. Each kind of input counts once; counts of later events replace."""
        for name, value in (usage or {}).items():
            if isinstance(value, int) and name.endswith("_tokens"):
                self._counted[name] = max(value, self._counted.get(name, 0))
        read, written = (self._counted.get(f"cache_{kind}_input_tokens", 0) for kind in ("read", "creation"))
        return {
            "prompt_tokens": self._counted.get("input_tokens", 0) + read + written,
            "completion_tokens": self._counted.get("output_tokens"),
            "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
        }

    def finish(self, reason: Any) -> Any:
        """Returns the finish_reason; a forced call is an answer, and no call."""
        found = _FINISH.get(str(reason), reason)
        return "stop" if found == "tool_calls" and self._answers else found

    def _begin(self, index: Any, block: dict[str, Any]) -> dict[str, Any] | None:
        kind = block["type"]
        if kind == "text":
            return _chunk({"content": block.get("text") or ""})
        if kind in _THOUGHTS:
            self.thoughts.append({**block})
        if kind != "tool_use":
            return None
        # Some gateways send the whole input here; it is empty where pieces follow.
        written = json.dumps(block["input"], ensure_ascii=False) if block.get("input") else ""
        if block["name"] == ANSWER and not self._names:
            self._answers.add(index)
            return _chunk({"content": written})
        function = {"name": self._names.get(block["name"], block["name"]), "arguments": written}
        return _chunk({"tool_calls": [{"index": index, "id": block.get("id"), "function": function}]})

    def _go_on(self, index: Any, delta: dict[str, Any]) -> dict[str, Any] | None:
        kind = delta["type"]
        if kind == "text_delta":
            return _chunk({"content": delta["text"]})
        if kind == "input_json_delta":
            piece = delta.get("partial_json") or ""
            if index in self._answers:
                return _chunk({"content": piece})
            return _chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        for name in ("thinking", "signature"):
            if kind == f"{name}_delta" and self.thoughts:
                self.thoughts[-1][name] = self.thoughts[-1].get(name, "") + delta.get(name, "")
        return None


def _chunk(delta: dict[str, Any], finish: Any = None, usage: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"choices": [{"delta": delta, "finish_reason": finish}], "usage": usage}
