"""How consolidation reaches a language model without knowing who offers it: `bots` names a factory at the start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from django.utils.module_loading import import_string

from memory.errors import MemoryFailure
from memory.types import Scope


class ModelUnavailable(MemoryFailure):
    """No model answers now, or its budget is spent; rules do the work."""

    permanent = False


class BadAnswer(MemoryFailure):
    """The model's answer is not JSON, or not what the schema asks for."""

    permanent = False


@dataclass(slots=True)
class Spent:
    """Tokens used so far in a run."""

    prompt: int = 0
    completion: int = 0


class Writer(Protocol):
    """A model for one run over one bot, with a budget of its own."""

    spent: Spent

    def json(self, scope: Scope, instructions: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
        """The model's answer to `instructions` over `text`, as a JSON object (not yet checked against `schema`).

        Raises:
            ModelUnavailable: No model answered, or the budget is spent.
            BadAnswer: It is no JSON object.
        """


class Factory(Protocol):
    """Makes the writer of a run."""

    def __call__(self, bot_id: int) -> Writer | None:
        """None where no provider is set or the budget is zero."""


_factory = ""


def use(dotted_path: str) -> None:
    """Names the factory; imported when the first run asks for a writer."""
    global _factory
    _factory = dotted_path
    _load.cache_clear()


@lru_cache(maxsize=1)
def _load() -> Factory | None:
    return import_string(_factory) if _factory else None


def writer_for(bot_id: int) -> Writer | None:
    """The model to consolidate this bot's memory with; None: rules and extraction."""
    factory = _load()
    return factory(bot_id) if factory is not None else None
