"""Gives consolidation a language model without a dependency on `bots`, which registers a factory at start-up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from django.utils.module_loading import import_string

from memory.errors import MemoryFailure
from memory.types import Scope


class ModelUnavailable(MemoryFailure):
    """No model answers now, or the budget is spent; rules are used instead."""

    permanent = False


class BadAnswer(MemoryFailure):
    """The model's answer is not JSON or does not match the schema."""

    permanent = False


class TextRefused(BadAnswer):
    """The model refuses this text for its content; it may read other texts."""

    permanent = True


@dataclass(slots=True)
class Spent:
    """Tokens used in a run so far."""

    prompt: int = 0
    completion: int = 0


class Writer(Protocol):
    """A model with a token budget for one run of one bot."""

    spent: Spent

    def json(self, scope: Scope, instructions: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
        """Asks the model to apply `instructions` to `text`; returns a JSON object, not yet validated by `schema`.

        Raises:
            ModelUnavailable: No model answered, or the budget is spent.
            TextRefused: The model refuses the text for its content.
            BadAnswer: The answer is not a JSON object.
        """


class Factory(Protocol):
    """Makes the writer of a run."""

    def __call__(self, bot_id: int) -> Writer | None:
        """Returns None when no provider is configured or the budget is zero."""


_factory = ""


def use(dotted_path: str) -> None:
    """Registers the factory by its dotted path; it is imported at the first run."""
    global _factory
    _factory = dotted_path
    _load.cache_clear()


@lru_cache(maxsize=1)
def _load() -> Factory | None:
    return import_string(_factory) if _factory else None


def writer_for(bot_id: int) -> Writer | None:
    """Returns the model for this bot; None: consolidate by rules and extractive digests."""
    factory = _load()
    return factory(bot_id) if factory is not None else None
