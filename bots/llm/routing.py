"""Chooses the models of a turn: those of the bot's own list, else all enabled providers by their priority."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bots.llm import candidates
from bots.llm.types import Target
from bots.models import ModelProvider
from bots.models.provider_routing import BotProvider
from clawdbot.cached_value import CachedValue

# Tokens of the prompt, where a line does not say its own: of a short turn at most, of a long one at least.
SHORT_TOKENS = 1000
LONG_TOKENS = 8000
_Use = BotProvider.Use


@dataclass(frozen=True, slots=True)
class _Line:
    use: str
    tokens: int
    target: Target
    enabled: bool

    def fits(self, tokens: int, *, has_image: bool) -> bool:
        if self.use == _Use.VISION:
            return has_image and self.target.can_see
        if self.use == _Use.SIMPLE:
            return not has_image and tokens <= self.tokens
        return self.use == _Use.LONG and tokens >= self.tokens


def of_bot(bot_id: int | None) -> tuple[Target, ...]:
    """Returns all models that a bot may ask in one turn or another; the list is at most a second old."""
    if alone := candidates.chosen():
        return alone
    own = _lines.get().get(bot_id, ())
    usual = [line.target for line in own if line.use == _Use.ANY and line.enabled]
    special = [line.target for line in own if line.use != _Use.ANY and line.enabled]
    return _once(usual + special if _has_order(own) else special + list(candidates.configured()))


def first(bot_id: int | None, *, allow_demo: bool) -> Target | None:
    """Returns the model that answers a bot's usual turns; the embedded one where no other is enabled and it may."""
    return next(candidates.in_order(allow_demo, of_bot(bot_id)), None)


def of_turn(bot_id: int | None, tokens_of: Callable[[Target], int], *, has_image: bool = False) -> tuple[Target, ...]:
    """Returns the models of a turn, the one to ask first at the beginning.

    A bot with lines for every turn asks no other model, also when these fail: its operator has chosen who gets to read
    its messages. An image goes first to the models that see.

    Args:
        bot_id: The bot; None for work of the product itself.
        tokens_of: Measures the prompt for a model; called only when a line depends on it.
        has_image: The message has an image that a model could see.
    """
    if alone := candidates.chosen():
        return alone
    own = _lines.get().get(bot_id, ())
    usual = [line.target for line in own if line.use == _Use.ANY and line.enabled]
    models = usual if _has_order(own) else list(candidates.configured())
    if special := [line for line in own if line.use != _Use.ANY and line.enabled]:
        by_length = any(line.use != _Use.VISION for line in special)
        largest = max((line.target for line in special), key=lambda target: target.context_tokens)
        tokens = tokens_of(largest) if by_length else 0
        models = [line.target for line in special if line.fits(tokens, has_image=has_image)] + models
    if has_image:
        models.sort(key=lambda target: not target.can_see)  # stable, so the order stays otherwise
    return _once(models)


def _has_order(lines: tuple[_Line, ...]) -> bool:
    return any(line.use == _Use.ANY for line in lines)


def _once(models: list[Target]) -> tuple[Target, ...]:
    return tuple(dict.fromkeys(models))


def _read() -> dict[int | None, tuple[_Line, ...]]:
    found: dict[int | None, tuple[_Line, ...]] = {}
    rows = BotProvider.objects.filter(provider__kind=ModelProvider.Kind.CHAT).select_related("provider")
    for row in rows.order_by("bot_id", "position", "id"):
        target = candidates.of_row(row.provider)
        target = replace(target, model=row.model) if row.model else target
        usual = SHORT_TOKENS if row.use == _Use.SIMPLE else LONG_TOKENS
        line = _Line(row.use, row.tokens or usual, target, row.provider.enabled)
        found[row.bot_id] = (*found.get(row.bot_id, ()), line)
    return found


_lines = CachedValue(_read, 1.0)


def clear_cache() -> None:
    """Makes the next call read the rows again."""
    _lines.clear()
