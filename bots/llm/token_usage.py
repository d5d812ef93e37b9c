"""Reads what an endpoint reports of the tokens of a call. Each token counts once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bots.llm import token_estimate
from bots.llm.types import Messages, Target

_MILLION = Decimal(1_000_000)
# Anthropic charges that for tokens that it writes into its cache.
_WRITING = Decimal("1.25")


@dataclass(slots=True)
class Usage:
    """Tokens of one call; None where the endpoint reports none.

    Attributes:
        prompt: All of the prompt.
        completion: The answer with what the model thought before it.
        cached: Of the prompt, those that the endpoint had in its cache.
        written: Of the prompt, those that it wrote into its cache.
        reasoning: Of the completion, what the model thought.
    """

    prompt: int | None = None
    completion: int | None = None
    cached: int = 0
    written: int = 0
    reasoning: int = 0

    def take(self, reported: Any) -> None:
        """Takes the `usage` of an answer or a chunk in OpenAI's shape; the latest one counts."""
        if not isinstance(reported, dict):
            return
        self.prompt, self.completion = count(reported.get("prompt_tokens")), count(reported.get("completion_tokens"))
        of_prompt, of_answer = (_details(reported, name) for name in ("prompt", "completion"))
        # DeepSeek has a field of its own.
        cached = count(of_prompt.get("cached_tokens")) or count(reported.get("prompt_cache_hit_tokens")) or 0
        self.cached = min(cached, self.prompt or 0)
        self.written = min(count(of_prompt.get("cache_write_tokens")) or 0, (self.prompt or 0) - self.cached)
        self.reasoning = count(of_answer.get("reasoning_tokens")) or 0
        self._add_thoughts(count(reported.get("total_tokens")))

    def _add_thoughts(self, total: int | None) -> None:
        """Adds thoughts that only the total counts, as with Gemini and Grok; with others they are in the completion."""
        if total is None or self.prompt is None or self.completion is None:
            return
        missing = total - self.prompt - self.completion
        if missing > 0 and self.reasoning in (0, missing):
            self.completion += missing
            self.reasoning = self.reasoning or missing


def cost(target: Target, prompt: int, completion: int, cached: int = 0, written: int = 0) -> Decimal:
    """Returns the price of a call in the currency of the prices."""
    cached_price = target.input_price if target.cached_input_price is None else target.cached_input_price
    plain = prompt - cached - written
    of_prompt = (plain + written * _WRITING) * target.input_price + cached * cached_price
    return (of_prompt + completion * target.output_price) / _MILLION


def charged(usage: Usage, text: str, target: Target, messages: Messages) -> tuple[int, int, Decimal]:
    """Returns the tokens of prompt and answer and their price; our estimate where the endpoint reports none."""
    prompt = usage.prompt or token_estimate.of_messages(messages)
    answer = token_estimate.estimate(text) if usage.completion is None else usage.completion
    return prompt, answer, cost(target, prompt, answer, usage.cached, usage.written)


def count(number: object) -> int | None:
    """Returns a token count that fits the column, because endpoints report arbitrary values."""
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**31 else None


def _details(reported: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = reported.get(f"{name}_tokens_details")
    return found if isinstance(found, dict) else {}
