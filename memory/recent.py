"""Session memory: a person's latest turns, cached per process and rebuilt from the rows."""

from __future__ import annotations

import threading
from collections import OrderedDict

from memory.indexes import registry
from memory.models import MemoryEntry
from memory.storage import rows as entries
from memory.storage.rows import State
from memory.types import RecentTurn, Scope

PEOPLE = 1024
TURNS = 100


class SessionMemory:
    """LRU of the last turns of people. Correct when another process writes: every read checks the scope's state."""

    def __init__(self, people: int = PEOPLE, turns: int = TURNS) -> None:
        self._people = people
        self._turns = turns
        self._held: OrderedDict[Scope, tuple[State, tuple[RecentTurn, ...]]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, scope: Scope) -> tuple[RecentTurn, ...]:
        """The latest turns, oldest first. Queries: 1 when nothing changed, else 2."""
        state = entries.state(scope, limit=registry.LARGE_FROM)
        if registry.large_enough(state[0]):  # the index over time finds them sooner than all stamps are added up
            return self._read(scope)
        with self._lock:
            held = self._held.get(scope)
            if held and held[0] == state:
                self._held.move_to_end(scope)
                return held[1]
        turns = self._read(scope)
        with self._lock:
            self._held[scope] = (state, turns)
            self._held.move_to_end(scope)
            while len(self._held) > self._people:
                self._held.popitem(last=False)
        return turns

    def drop(self, scope: Scope) -> None:
        with self._lock:
            self._held.pop(scope, None)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()

    def _read(self, scope: Scope) -> tuple[RecentTurn, ...]:
        rows = entries.of_scope(scope).filter(kind=MemoryEntry.Kind.TURN).order_by("-occurred_at", "-id")
        fields = ("id", "conversation_id", "role", "speaker", "text", "occurred_at")
        latest = [RecentTurn(*values) for values in rows.values_list(*fields)[: self._turns]]
        return tuple(reversed(latest))
