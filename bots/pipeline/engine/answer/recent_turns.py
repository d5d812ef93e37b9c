"""The latest messages of the conversation, for the prompt: from the session tier, to which closed turns add."""

from __future__ import annotations

from functools import partial

from bots.models import Message, sql
from bots.people.identities import MessagesVersion
from bots.pipeline.engine.turn import Turn
from memory.store import MemoryStore
from memory.types import ConversationSource, RecentTurn

SHOWN = 12


def latest(turn: Turn) -> tuple[RecentTurn, ...]:
    """What was said last in the turn's conversation, oldest first, without what was forgotten. Queries: 0 or 1."""
    source = ConversationSource(turn.conversation.pk, turn.version, partial(_read, turn))
    return MemoryStore(turn.bot.pk).get_recent_memory(turn.scope.person_id, source)[-SHOWN:]


def follow(turn: Turn, asked: Message, answered: Message | None) -> None:
    """Adds the messages of a closed turn to what the session tier holds; called after the commit.

    In a group only those of a speaker who is named there already: then a change of the name, at the same moment, renews
    the conversation.
    """
    speaker = turn.person.display_name if turn.group else ""
    held = MemoryStore(turn.bot.pk).session_memory
    if turn.group and not held.names(turn.scope, turn.conversation.pk, speaker):
        return
    said = [_turn_of(asked, speaker)] if answered is None else [_turn_of(asked, speaker), _turn_of(answered)]
    version = MessagesVersion(turn.conversation.last_message_at, said[-1].id)
    held.follow(turn.scope, turn.conversation.pk, turn.version, version, said)


def words(said: RecentTurn) -> str:
    """The text of a message as the model reads it."""
    return f"{said.speaker}: {said.text}" if said.speaker else said.text


def _read(turn: Turn) -> list[RecentTurn]:
    if turn.version.newest_id is None:
        return []
    found = sql.latest_messages(turn.conversation.pk, SHOWN, in_group=turn.group is not None)
    return [RecentTurn(said.id, turn.conversation.pk, said.role, said.speaker, said.text) for said in found]


def _turn_of(message: Message, speaker: str = "") -> RecentTurn:
    return RecentTurn(message.pk, message.conversation_id, message.role, speaker, message.text)
