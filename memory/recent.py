"""The session tier: caches the latest turns of conversations in this process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence

from memory.types import ConversationSource, RecentTurn, Scope

CONVERSATIONS = 1024
TURNS = 100
CHARACTERS = 8_000_000

_Key = tuple[Scope, int]
_Held = tuple[Hashable, tuple[RecentTurn, ...]]


class SessionMemory:
    """LRU cache of conversations. A write by another process changes the version, so the turns are read again.

    Args:
        conversations: how many are held.
        turns: how many of each.
        characters: of all texts together, so that long messages of many strangers do not fill the process.
    """

    def __init__(self, conversations: int = CONVERSATIONS, turns: int = TURNS, characters: int = CHARACTERS) -> None:
        self._conversations = conversations
        self._turns = turns
        self._characters = characters
        self._size = 0
        self._held: OrderedDict[_Key, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, scope: Scope, source: ConversationSource) -> tuple[RecentTurn, ...]:
        """Returns the latest turns of a conversation, oldest first; reads the source only on a cache miss."""
        key = (scope, source.conversation_id)
        with self._lock:
            held = self._held.get(key)
            if held is not None and held[0] == source.version:
                self._held.move_to_end(key)
                return held[1]
        turns = tuple(source.read())[-self._turns :]
        with self._lock:
            self._put(key, source.version, turns)
        return turns

    def follow(
        self, scope: Scope, conversation_id: int, before: Hashable, version: Hashable, said: Sequence[RecentTurn]
    ) -> None:
        """Appends the turns `said` to the cached version `before`, which becomes `version`.

        Call it after the commit. Does nothing when another version is cached.
        """
        key = (scope, conversation_id)
        with self._lock:
            held = self._held.get(key)
            if held is not None and held[0] == before:
                self._put(key, version, (*held[1], *said)[-self._turns :])

    def names(self, scope: Scope, conversation_id: int, speaker: str) -> bool:
        """Tells whether this speaker occurs in the cached turns of a conversation."""
        with self._lock:
            held = self._held.get((scope, conversation_id))
        return held is not None and bool(speaker) and any(turn.speaker == speaker for turn in held[1])

    def drop(self, scope: Scope) -> None:
        """Drops the cached conversations of a person."""
        with self._lock:
            for key in [key for key in self._held if key[0] == scope]:
                self._drop(key)

    def clear_cache(self) -> None:
        """Drops everything."""
        with self._lock:
            self._held.clear()
            self._size = 0

    def _put(self, key: _Key, version: Hashable, turns: tuple[RecentTurn, ...]) -> None:
        if key in self._held:
            self._drop(key)
        self._held[key] = (version, turns)
        self._size += _characters(turns)
        while len(self._held) > self._conversations or (self._size > self._characters and self._held):
            self._drop(next(iter(self._held)))

    def _drop(self, key: _Key) -> None:
        self._size -= _characters(self._held.pop(key)[1])


def _characters(turns: Sequence[RecentTurn]) -> int:
    return sum(len(turn.text) for turn in turns)
