"""Value types of this package's public functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NotRequired, TypedDict


class ChatMessage(TypedDict):
    """One message of a prompt in the format of OpenAI-compatible endpoints."""

    role: Literal["system", "user", "assistant", "tool"]
    # Text, or a list of parts for a vision model; only `bots.pipeline.engine.answer.attachments` builds lists.
    content: Any
    # Of an assistant: the calls it makes, as the format has them. Of a tool: the call whose result it is.
    tool_calls: NotRequired[list[dict[str, Any]]]
    tool_call_id: NotRequired[str]
    # Of a tool: the call failed. Of an assistant: `Completion.thoughts`. Sent only where endpoints take them.
    failed: NotRequired[bool]
    thoughts: NotRequired[Mapping[str, Any]]


# A system prompt has its instructions before this and what differs from turn to turn behind it.
VARIABLE_PART = "\n\nNow: "


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it. `schema` is a JSON schema of type "object"."""

    name: str
    description: str
    schema: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        function = {"name": self.name, "description": self.description, "parameters": dict(self.schema)}
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A call that a model asks for. Neither name nor arguments are checked.

    Attributes:
        name: A name of an offered tool where it can be told which one is meant, else what the model wrote.
        arguments: JSON as the model wrote it; "" when it wrote none.
        cut: The answer ended at its longest length, so the arguments may be incomplete.
    """

    name: str
    arguments: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """One model to call: a provider row, or the embedded model server (`is_demo` and key None).

    `public_only` means that no connection to a private address is made. `tools` is "auto", "on" or "off". `protocol` is
    one of `ModelProvider.Protocol`; `extra_body` is JSON, because a target must be hashable.
    """

    key: int | None
    name: str
    endpoint: str
    model: str
    api_key: str = field(repr=False)
    timeout_s: float
    context_tokens: int
    input_price: Decimal
    output_price: Decimal
    is_demo: bool = False
    can_see: bool = False
    public_only: bool = False
    tools: str = "auto"
    protocol: str = "openai"
    cached_input_price: Decimal | None = None
    extra_body: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer with its usage: times in milliseconds since the call began, `cost` in the currency of the prices.

    `estimated` means that the endpoint reported no tokens and they were estimated from the text.
    `cut` is "length" or "content_filter" when the model stopped before the end of its answer.
    `calls` are the tool calls that it asks for; `text` is then what it said before them, or "".
    `last_prompt_tokens` are those of the last of several calls, whose tokens `prompt_tokens` sums; 0 for a single one.
    `cached_tokens` of the prompt the endpoint had in its cache. `completion_tokens` count the model's thoughts, too.
    `thoughts` the model needs again together with the results of `calls`; nobody else reads them.
    """

    text: str
    provider: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    first_token_ms: int
    total_ms: int
    cost: Decimal
    is_demo: bool
    estimated: bool = False
    cut: str = ""
    calls: tuple[ToolRequest, ...] = ()
    last_prompt_tokens: int = 0
    cached_tokens: int = 0
    thoughts: Mapping[str, Any] | None = None

    def usage(self) -> dict[str, Any]:
        """Returns the columns of `TurnUsage` for this call."""
        return {
            "provider": self.provider[:60],
            "model": self.model[:120],
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "first_token_ms": self.first_token_ms,
            "model_ms": self.total_ms,
            "cost": self.cost,
        }


Messages = Sequence[ChatMessage]
# The prompt depends on the model: on its context window, and the demonstration model needs a short form.
MessageBuilder = Callable[[Target], Messages]
