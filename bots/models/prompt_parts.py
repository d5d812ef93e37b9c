"""What the prompt of an answer held (`Message.meta["prompt"]`), in numbers for people.

The turn stores characters; tokens are estimated here. Where the model told how many tokens it read, the estimates of
the parts are scaled to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.models.message import Message

PER_ASCII, PER_OTHER = 0.25, 1.0
"""Tokens of a character, in the vocabularies of today's models."""
ORDER = ("instructions", "summary", "memories", "turns", "files", "tools", "message")


@dataclass(frozen=True, slots=True)
class PromptParts:
    """What a prompt held.

    Attributes:
        tokens: Estimated tokens by part, in the order of the prompt; only parts that it had.
        turns: Messages of the conversation.
        notes: Id and score of each memory, best first.
        window: Tokens that the prompt and the answer may have; 0 when unknown.
        total: Tokens of the prompt, as the model counted them, else estimated.
    """

    tokens: Mapping[str, int]
    turns: int
    notes: tuple[tuple[int, float | None], ...]
    window: int
    total: int

    @property
    def percent(self) -> int:
        """The share of the window, rounded up."""
        return min(100, -(-100 * self.total // self.window)) if self.window else 0


def of(message: Message) -> PromptParts | None:
    """Returns what the prompt of this answer held; None for an answer without a model."""
    meta = message.meta if isinstance(message.meta, dict) else {}
    shown = meta.get("prompt")
    if not isinstance(shown, dict) or not shown.get("parts"):
        return None
    sizes = shown["parts"]
    names = [name for name in (*ORDER, *sorted(set(sizes) - set(ORDER))) if name in sizes]
    guessed = {name: max(1, round(_tokens(sizes[name]))) for name in names}
    # Of several prompts of one answer, the window holds the last one, not their sum.
    told = _whole(shown.get("tokens")) or _whole(meta.get("prompt_tokens"))
    total = told or sum(guessed.values())
    scale = total / max(1, sum(guessed.values()))
    return PromptParts(
        tokens={name: max(1, round(count * scale)) for name, count in guessed.items()},
        turns=_whole(shown.get("turns")),
        notes=tuple(_note(one) for one in shown.get("notes") or ()),
        window=_whole(shown.get("window")),
        total=total,
    )


def _tokens(size: Any) -> float:
    characters, others = size
    return float((characters - others) * PER_ASCII + others * PER_OTHER)


def _note(value: Any) -> tuple[int, float | None]:
    number, score = value
    return int(number), float(score) if isinstance(score, int | float) else None


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
