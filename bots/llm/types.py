"""The values that cross the boundary of this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypedDict


class ChatMessage(TypedDict):
    """One message of a prompt, as OpenAI-compatible endpoints take it."""

    role: Literal["system", "user", "assistant"]
    # Text, or for a model that can see a list of parts; only `bots.engine.sight` makes those.
    content: Any


@dataclass(frozen=True, slots=True)
class Target:
    """One model that can be asked: a provider row, or the embedded model server (`is_demo`, key None)."""

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


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer and what it took: milliseconds since the call began, `cost` in the currency of the prices.

    `estimated`: the endpoint reported no tokens, so they were estimated from the text.
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

    def usage(self) -> dict[str, Any]:
        """The columns of `TurnUsage` that this call fills."""
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
# The prompt depends on the model: its context window, and the short shape the demonstration model understands.
MessageBuilder = Callable[[Target], Messages]
