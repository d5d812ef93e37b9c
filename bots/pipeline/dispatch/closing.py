"""The one transaction that closes a turn, and the sending that follows its commit."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import translation

from adapters.events import Event
from bots.files import sent
from bots.models import Channel, Identity, InboundEvent, OutboundMessage, sql
from bots.people import identities
from bots.people.identities import SpeakerChanged, open_conversation
from bots.pipeline import engine, inbox, outbox
from bots.pipeline.dispatch import erasures, turn_records, typing_indicator

logger = logging.getLogger(__name__)


def close(row: InboundEvent, turn: engine.Turn, reply: engine.Reply, started: float) -> None:
    """Writes the whole turn, answered exactly once or not at all, and sends its answer.

    Args:
        row: the claimed event.
        turn: what the engine was given.
        reply: what it answered.
        started: `time.perf_counter()` when the turn began.

    Raises:
        ClaimLost: Another worker has the row; nothing was written.
        SpeakerChanged: The account belongs to somebody else by now; nothing was written.
    """
    with translation.override(turn.language):
        reply, attachments = _keep_files(row, turn, reply)
        with _transaction(row):
            queued = _write(row, turn, reply, attachments, started)
            rest = erasures.leave(row, turn)
    if rest is not None:
        erasures.finish(rest, turn.erasure)
    send_or_dismiss(turn.channel, turn.event, queued)


def ignore(row: InboundEvent, turn: engine.Turn) -> None:
    """Closes a turn that gets no answer and leaves no trace in the conversation."""
    inbox.finish(row, conversation_id=turn.conversation.pk, state=InboundEvent.State.IGNORED)
    typing_indicator.dismiss(turn.channel, turn.event)


def send_or_dismiss(channel: Channel, event: Event, queued: Sequence[OutboundMessage]) -> None:
    """Sends the answer if this process has claimed it; where there is none, the platform is told not to wait."""
    if not queued:
        typing_indicator.dismiss(channel, event)
    elif queued[0].state == OutboundMessage.State.SENDING:
        outbox.send_claimed(queued[0])


@contextmanager
def _transaction(row: InboundEvent) -> Iterator[None]:
    """One transaction. What fails after its commit is logged: the turn is closed, and its answer must leave."""
    committed: list[bool] = []
    try:
        with transaction.atomic():
            transaction.on_commit(lambda: committed.append(True))
            yield
    except Exception:
        if not committed:
            raise
        logger.exception("inbound %s is closed, and what followed its commit failed", row.pk)


def _keep_files(row: InboundEvent, turn: engine.Turn, reply: engine.Reply) -> tuple[engine.Reply, list[dict[str, Any]]]:
    if not reply.parts:
        return reply, []
    text, attachments = sent.keep(turn.conversation, reply.parts, row)
    return replace(reply, text=text), attachments


def _write(
    row: InboundEvent, turn: engine.Turn, reply: engine.Reply, attachments: list[dict[str, Any]], started: float
) -> list[OutboundMessage]:
    if turn.identity is not None:
        _hold(turn.identity, alone=reply.act is not None)
    inbox.finish(row, conversation_id=turn.conversation.pk)
    if reply.act is not None:
        reply = replace(reply, text=reply.act())
    asked, answered = turn_records.store_messages(row, turn, reply, attachments)
    if reply.remember:
        turn_records.remember(turn, reply, asked, answered)
    turn_records.touch(turn)
    if reply.new_conversation:
        origin_id = None if turn.group else turn.origin_id
        open_conversation(turn.channel, turn.event, turn.group or turn.person, origin_id)
    queued: list[OutboundMessage] = []
    if answered is not None:
        payloads = turn_records.payloads(turn.channel, turn.event, answered, row.draft_id)
        queued = outbox.enqueue(
            turn.channel, turn.conversation, answered, payloads, request_id=row.request_id, claim_first=True
        )
    if reply.skill_run is not None:
        sql.insert(reply.skill_run)
    if reply.completion is not None:
        turn_records.store_usage(turn, reply.completion, reply.recall_ms, started)
    return queued


def _hold(identity: Identity, *, alone: bool) -> None:
    """Holds the account, until the transaction ends, for the person this turn is for.

    Args:
        identity: the account.
        alone: no other turn of the account may be closed meanwhile; for a turn that changes the account.

    Raises:
        SpeakerChanged: The account belongs to somebody else now, or is gone.
    """
    if sql.read_locked(Identity, "person_id", identity.pk, exclusive=alone) != identity.person_id:
        identities.clear_cache()
        raise SpeakerChanged(f"identity {identity.pk}")
