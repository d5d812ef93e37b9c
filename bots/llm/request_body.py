"""Writes the body of a call in OpenAI's shape, without what the endpoint has refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bots.llm import thoughts, tool_history
from bots.llm.alternation import alternating
from bots.llm.types import ChatMessage, Messages, Target, ToolSpec

# Tokens that a model gets to think, besides those of the answer. Some think for long before a short answer.
ROOM_TO_THINK = 4096


@dataclass(frozen=True, slots=True)
class Options:
    """Parameters of one call; `timeout_s` in seconds, callbacks, tools and schema as in `complete`."""

    max_tokens: int
    temperature: float
    timeout_s: float
    on_token: Callable[[str], None] | None = None
    cancelled: Callable[[], bool] | None = None
    on_restart: Callable[[], None] | None = None
    tools: tuple[ToolSpec, ...] = ()
    schema: Mapping[str, Any] | None = None
    minimal: bool = False  # no room to think; nobody reads the answer

    @property
    def names(self) -> frozenset[str]:
        return frozenset(tool.name for tool in self.tools)


def of_call(
    target: Target, messages: Messages, options: Options, refused: frozenset[str], *, thinks: bool
) -> dict[str, Any]:
    """Returns the body.

    Args:
        target: The model.
        messages: The prompt.
        options: Parameters of the call.
        refused: What the endpoint has refused, of `sdk_errors.PARAMETERS`.
        thinks: The model is known to think before it answers.
    """
    # The embedded model's prompt has its own shape, which its cache begins with.
    said = messages if target.is_demo else alternating(_with_calls(messages, options, refused))
    if "system" in refused:
        said = _without_system(said)
    body: dict[str, Any] = {"model": target.model, "messages": said}
    room = min(ROOM_TO_THINK, target.context_tokens // 2) if thinks else 0
    body["max_completion_tokens" if "max_tokens" in refused else "max_tokens"] = options.max_tokens + room
    if "temperature" not in refused:
        body["temperature"] = options.temperature
    if options.on_token:
        body["stream"] = True
        if "stream_options" not in refused:
            body["stream_options"] = {"include_usage": True}
    if options.tools and "tools" not in refused:
        body["tools"] = [tool.to_dict() for tool in options.tools]
    if options.schema is not None and "response_format" not in refused:
        body["response_format"] = _format(options.schema, refused)
    if target.is_demo:
        body["cache_prompt"] = True
    return body


def in_openai_shape(target: Target, body: dict[str, Any], refused: frozenset[str]) -> dict[str, Any]:
    """Returns the body as it is sent: with the provider's own parameters, without fields of ours in the messages."""
    with_reasoning = "without_reasoning" in refused
    messages = [thoughts.of_message(message, with_reasoning=with_reasoning) for message in body["messages"]]
    return {**body, "messages": messages, **further(target)}


def further(target: Target) -> dict[str, Any]:
    """Returns the further parameters of the provider."""
    found = json.loads(target.extra_body) if target.extra_body else {}
    return found if isinstance(found, dict) else {}


def _format(schema: Mapping[str, Any], refused: frozenset[str]) -> dict[str, Any]:
    if "json_schema" in refused:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}


def _with_calls(messages: Messages, options: Options, refused: frozenset[str]) -> Messages:
    """Returns a well-formed prompt; without calls where no tools are sent, because many endpoints then refuse them."""
    formed = tool_history.well_formed(messages)
    return formed if options.tools and "tools" not in refused else tool_history.as_text(formed)


def _without_system(messages: Messages) -> Messages:
    """Returns the messages with the instructions at the beginning of the first message of the person."""
    renamed: list[ChatMessage] = [
        {"role": "user", "content": message["content"]} if message["role"] == "system" else message
        for message in messages
    ]
    return alternating(renamed)
