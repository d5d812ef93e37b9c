"""Value types of this package's public functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypedDict


class ChatMessage(TypedDict):
    """One message of a prompt in the format of OpenAI-compatible endpoints."""

    role: Literal["system", "user", "assistant"]
    # Text, or a list of parts for a vision model; only `bots.pipeline.engine.answer.attachments` builds lists.
    content: Any


@dataclass(frozen=True, slots=True)
class Target:
    """One model to call: a provider row, or the embedded model server (`is_demo` and key None).

    `public_only` means that no connection to a private address is made.
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


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer with its usage: times in milliseconds since the call began, `cost` in the currency of the prices.

    `estimated` means that the endpoint reported no tokens and they were estimated from the text.
    `cut` is "length" or "content_filter" when the model stopped before the end of its answer.
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
