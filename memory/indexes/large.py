"""What recall asks: is this scope large, and then, which of its rows are worth scoring?"""

from __future__ import annotations

from memory import entries, wakeup
from memory.cues import Cues
from memory.entries import State
from memory.indexes import candidates, lexical, registry
from memory.indexes.registry import Large, Registry
from memory.scope_index import ScopeIndex
from memory.types import Scope, Vector

_registry = Registry()


def known(scope: Scope) -> tuple[Large | None, State | None]:
    """The scope's indexes, or its state when it is to be scanned (None: scanned, though there are many rows).

    Queries: 1 for an ordinary scope, 1 or 2 for a large one. Where a large scope has no index yet, one is asked for.
    """
    if _registry.knows(scope) and (large := _registry.get(scope)):
        return large, None
    state = entries.state(scope, limit=registry.LARGE_FROM)
    if not registry.large_enough(state[0]) or lexical.backend() is None:
        return None, state if not registry.large_enough(state[0]) else None
    large = _registry.get(scope)
    if large is None:
        wakeup.index_soon(scope.bot_id, scope.person_id)
    return large, None


def candidates_of(
    scope: Scope, large: Large, text: str, vector: Vector | None, cues: Cues, space: tuple[str, int]
) -> ScopeIndex:
    """The rows of a large scope that may answer a question; see `memory.indexes.candidates.gather`."""
    words = lexical.backend()
    assert words is not None  # noqa: S101  # `known` finds nothing large without one
    return candidates.gather(scope, large, words, (), text, vector, cues, space)


def drop(scope: Scope) -> None:
    """Forgets what this process holds of a scope."""
    _registry.drop(scope)


def clear() -> None:
    _registry.clear()
