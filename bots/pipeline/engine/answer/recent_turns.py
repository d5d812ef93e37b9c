"""Reads the latest messages of the conversation for the prompt, from the session tier."""

from __future__ import annotations

from functools import partial

from bots.models import sql
from bots.pipeline.engine.turn import Turn
from bots.pipeline.summaries import SHOWN
from memory.store import MemoryStore
from memory.types import ConversationSource, RecentTurn


def latest(turn: Turn) -> tuple[RecentTurn, ...]:
    """Returns the latest messages of the conversation, oldest first, without forgotten ones. Queries: 0 or 1."""
    if turn.past is not None:
        return turn.past.recent
    source = ConversationSource(turn.conversation.pk, turn.version, partial(_read, turn))
    said = MemoryStore(turn.bot.pk).get_recent_memory(turn.scope.person_id, source)[-SHOWN:]
    turn.window_full = len(said) == SHOWN
    return said


def words(said: RecentTurn) -> str:
    """Returns the text of a message as the model reads it."""
    return f"{said.speaker}: {said.text}" if said.speaker else said.text


def _read(turn: Turn) -> list[RecentTurn]:
    if turn.version.newest_id is None:
        return []
    found = sql.latest_messages(turn.conversation.pk, SHOWN, in_group=turn.group is not None)
    return [RecentTurn(said.id, turn.conversation.pk, said.role, said.speaker, said.text) for said in found]
