"""Writes the rows of a turn, inside the transaction that closes it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from adapters.events import Event
from bots.files import sent
from bots.llm.types import Completion
from bots.models import Channel, Conversation, InboundEvent, Message, TurnUsage, sql
from bots.models.conversation import advanced
from bots.models.lengths import ID_LENGTH
from bots.people.identities import MessagesVersion
from bots.pipeline import engine, memory_outbox, summaries
from bots.pipeline.outbox import payloads as parts
from memory.store import MemoryStore
from memory.types import RecentTurn
from memory.types import Role as MemoryRole
from memory.types import Turn as MemoryTurn

Role = Message.Role

# `last_message_at` orders lists, so a burst of messages need not update it every time.
TOUCH_EVERY = timedelta(seconds=2)
WAITED = timedelta(minutes=2)


def store_messages(
    row: InboundEvent, turn: engine.Turn, reply: engine.Reply, attachments: list[dict[str, Any]]
) -> tuple[Message, Message | None]:
    """Stores the person's message and the answer with its `attachments`. Returns both; None for a silent answer."""
    asked = Message(
        conversation=turn.conversation,
        person=turn.person,
        origin_id=turn.origin_id,
        inbound=row,
        role=Role.USER,
        text=turn.whole_text,
        attachments=row.payload.get("attachments", []),
        platform_message_id=(turn.event.message_id or "")[:ID_LENGTH],
        client_id=turn.client_id[:64],
        meta=_marks(turn, reply),
        occurred_at=row.received_at,
    )
    answered = None
    if not reply.silent:
        answered = Message(
            conversation=turn.conversation,
            person=turn.person,
            origin_id=turn.origin_id,
            inbound=row,
            role=Role.ASSISTANT,
            text=reply.text,
            attachments=attachments,
            client_id=asked.client_id,
            meta=reply.meta,
        )
    sql.insert(asked)
    if answered is not None:
        sql.insert(answered)
        if attachments:
            sent.attach(answered)
    transaction.on_commit(partial(_extend_session, turn, asked, answered), robust=True)
    return asked, answered


def _marks(turn: engine.Turn, reply: engine.Reply) -> dict[str, Any]:
    """Returns what the person's message is marked with."""
    heard = {Message.HEARD: True} if turn.heard else {}
    if Message.REFUSED in reply.meta:
        return heard | {Message.REFUSED: True}
    return heard | ({Message.UNANSWERED: True} if reply.failure else {})


def _extend_session(turn: engine.Turn, asked: Message, answered: Message | None) -> None:
    """Adds the messages of a closed turn to the session tier; call it after the commit.

    In a group it adds only messages of a speaker whose name the session tier already holds. Only then does a concurrent
    change of the name renew the conversation, so that no stale name stays cached.
    """
    speaker = turn.person.display_name if turn.group else ""
    held = MemoryStore(turn.bot.pk).session_memory
    if turn.group and not held.names(turn.scope, turn.conversation.pk, speaker):
        return
    said = [RecentTurn(asked.pk, asked.conversation_id, asked.role, speaker, asked.text)]
    if answered is not None and Message.ASIDE not in answered.meta:
        said.append(RecentTurn(answered.pk, answered.conversation_id, answered.role, "", answered.text))
    newest = answered if answered is not None else asked
    version = MessagesVersion(turn.conversation.last_message_at, newest.pk)
    if Message.REFUSED in asked.meta:
        said = []
    held.follow(turn.scope, turn.conversation.pk, turn.version, version, said)


def remember(turn: engine.Turn, reply: engine.Reply, asked: Message, answered: Message | None) -> None:
    """Hands both messages to the memory, and what skills remember. A turn that erases a topic is not remembered."""

    def entry(message: Message, at: datetime, role: MemoryRole, speaker: str, **vector: Any) -> MemoryTurn:
        return MemoryTurn(
            bot_id=turn.bot.pk,
            person_id=turn.scope.person_id,
            conversation_id=turn.conversation.pk,
            message_id=message.pk,
            role=role,
            speaker=speaker,
            text=message.text,
            occurred_at=at.astimezone(turn.zone),
            **vector,
            origin_id=None if turn.group else turn.origin_id,
        )

    # Normally the time of the turn keeps memories in order; after an outage the time of the message counts.
    said_at = turn.now if turn.now - asked.occurred_at < WAITED else asked.occurred_at
    made = {"vector": reply.user_vector, "embedder": reply.user_embedder}
    wanted = reply.remember and turn.erasure is None
    turns = (
        [entry(asked, said_at, "user", turn.person.display_name, **made)] if wanted and reply.remember_question else []
    )
    if answered is not None and wanted and reply.remember_answer and answered.text:
        turns.append(entry(answered, answered.occurred_at, "assistant", turn.bot.name))
    turns += turn.memories
    if turns:
        memory_outbox.remember(turn.inbound_id, turns)


def touch(turn: engine.Turn) -> None:
    """Saves when conversation and person were last active, the dialog state and the person's language."""
    conversation = turn.conversation
    if turn.transitions:
        _move(turn)
    elif turn.now - conversation.last_message_at > TOUCH_EVERY:
        mine = Conversation.objects.filter(pk=conversation.pk)
        due = summaries.due(conversation, turn.now, window_full=turn.window_full)
        # If another process renewed it meanwhile, it wrote a message that this turn has not read.
        if mine.filter(last_message_at=conversation.last_message_at).update(last_message_at=turn.now, **due):
            conversation.last_message_at = turn.now
        else:
            mine.renew(turn.now)
    person = turn.person
    fresh = person.last_seen_at is None or (turn.now - person.last_seen_at).total_seconds() > 60
    if fresh or person.language != turn.language:
        person.last_seen_at, person.language = turn.now, turn.language
        person.save(update_fields=["last_seen_at", "language"])


def _move(turn: engine.Turn) -> None:
    conversation = turn.conversation
    mine = Conversation.objects.filter(pk=conversation.pk)
    if conversation.closed_at is None:
        mine = mine.filter(state=turn.transitions[0].source)  # a human who took over meanwhile keeps the conversation
    moved = mine.update(
        state=conversation.state,
        state_data=conversation.state_data,
        last_message_at=advanced(turn.now),
        closed_at=conversation.closed_at,
    )
    for transition in turn.transitions if moved else ():
        sql.insert(transition)


def payloads(channel: Channel, event: Event, answered: Message, draft_id: str = "") -> list[dict[str, Any]]:
    """Returns one payload per message the platform takes. In groups the first replies to the person's message."""
    common: dict[str, Any] = {
        "chat_id": event.chat_id or event.user_id or "",
        "user_id": event.user_id,
        "thread_id": event.thread_id,
        "reply_token": event.reply_token,
        "reply_url": event.reply_url,
    }
    payloads = parts.payloads(channel, answered, common)
    if event.chat_type != "private" and event.message_id:
        payloads[0]["reply_to"] = event.message_id
    if draft_id and "file" not in payloads[0]:
        payloads[0]["draft_id"] = draft_id
    return [{key: value for key, value in payload.items() if value is not None} for payload in payloads]


def store_usage(turn: engine.Turn, completion: Completion, recall_ms: float, started: float) -> None:
    """Stores tokens and times of the answer. `started`: `time.perf_counter()` when the turn began."""
    usage = TurnUsage(
        bot=turn.bot,
        person=turn.person,
        origin_id=turn.origin_id,
        conversation=turn.conversation,
        # Several calls of the model are the rounds of its tools.
        purpose=TurnUsage.Purpose.TOOLS if completion.last_prompt_tokens else TurnUsage.Purpose.TURN,
        recall_ms=round(recall_ms),
        total_ms=round((time.perf_counter() - started) * 1000),
        **completion.usage(),
    )
    sql.insert(usage)
