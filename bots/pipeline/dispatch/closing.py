"""Closes a turn in one transaction and sends its answer after the commit."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import translation

from adapters.events import Event
from bots import metrics
from bots.files import sent
from bots.models import Channel, Identity, InboundEvent, Message, OutboundMessage, sql
from bots.people import identities
from bots.people.identities import SpeakerChanged, open_conversation
from bots.pipeline import engine, inbox, outbox, summaries
from bots.pipeline.dispatch import erasures, news, turn_records, typing_indicator, unanswered

logger = logging.getLogger(__name__)


def close(row: InboundEvent, turn: engine.Turn, reply: engine.Reply, started: float) -> None:
    """Writes the whole turn, exactly once or not at all, and sends its answer.

    Args:
        row: The claimed event.
        turn: The input of the engine.
        reply: The output of the engine.
        started: `time.perf_counter()` when the turn began.

    Raises:
        ClaimLost: Another worker has the row; nothing was written.
        SpeakerChanged: The account now belongs to another person; nothing was written.
    """
    with translation.override(turn.language):
        reply, attachments = _keep_files(row, turn, reply)
        with _transaction(row):
            queued = _write(row, turn, reply, attachments, started)
            rest = erasures.enqueue(row, turn)
            if turn.payments is not None:  # last, because other turns wait for the balances that it locks
                turn.payments.write()
    if rest is not None:
        erasures.finish(rest, turn.erasure)
    if reply.failure:
        metrics.unanswered(turn.channel.platform)
        logger.error("inbound %s got the outage sentence: %s", row.pk, reply.failure)
    send_or_dismiss(turn.channel, turn.event, queued)


def ignore(row: InboundEvent, turn: engine.Turn) -> None:
    """Closes a turn that gets no answer and stores no message."""
    inbox.finish(row, conversation_id=turn.conversation.pk, state=InboundEvent.State.IGNORED)
    typing_indicator.dismiss(turn.channel, turn.event)


def send_or_dismiss(channel: Channel, event: Event, queued: Sequence[OutboundMessage]) -> None:
    """Sends the answer if this process has claimed its row. Without an answer, tells the platform not to wait."""
    if not queued:
        typing_indicator.dismiss(channel, event)
    elif queued[0].state == OutboundMessage.State.SENDING:
        outbox.send_claimed(queued[0])


@contextmanager
def _transaction(row: InboundEvent) -> Iterator[None]:
    """Opens the closing transaction. Errors after its commit are logged only, so that the answer is still sent."""
    committed: list[bool] = []
    try:
        with transaction.atomic():
            transaction.on_commit(lambda: committed.append(True))
            yield
    except Exception:
        if not committed:
            raise
        logger.exception("inbound %s is closed, but a callback after its commit failed", row.pk)


def _keep_files(row: InboundEvent, turn: engine.Turn, reply: engine.Reply) -> tuple[engine.Reply, list[dict[str, Any]]]:
    if not reply.parts:
        return reply, []
    text, attachments = sent.keep(turn.conversation, reply.parts, row)
    return replace(reply, text=text), attachments


def _write(
    row: InboundEvent, turn: engine.Turn, reply: engine.Reply, attachments: list[dict[str, Any]], started: float
) -> list[OutboundMessage]:
    if turn.identity is not None:
        _lock_account(turn.identity, exclusive=reply.act is not None)
    state = InboundEvent.State.DEAD if reply.failure else InboundEvent.State.DONE
    inbox.finish(row, conversation_id=turn.conversation.pk, error=reply.failure, state=state)
    if reply.settles:
        unanswered.settle(reply.settles, refused=Message.REFUSED in reply.meta)
    for write in turn.staged:
        write()
    if reply.act is not None:
        reply = replace(reply, text=reply.act())
    asked, answered = turn_records.store_messages(row, turn, reply, attachments)
    if reply.remember or turn.memories:
        turn_records.remember(turn, reply, asked, answered)
    turn_records.touch(turn)
    if reply.new_conversation:
        origin_id = None if turn.group else turn.origin_id
        following = open_conversation(turn.channel, turn.event, turn.group or turn.person, origin_id)
        if reply.carries_summary:
            summaries.carry(turn.conversation, following, turn.now)
    queued: list[OutboundMessage] = []
    if answered is not None:
        payloads = turn_records.payloads(turn.channel, turn.event, answered, row.draft_id)
        queued = outbox.enqueue(
            turn.channel, turn.conversation, answered, payloads, request_id=row.request_id, claim_first=True
        )
    if turn.person.news:
        news.tell(turn)
    if reply.skill_run is not None:
        sql.insert(reply.skill_run)
    if reply.completion is not None:
        turn_records.store_usage(turn, reply.completion, reply.recall_ms, started)
    return queued


def _lock_account(identity: Identity, *, exclusive: bool) -> None:
    """Locks the account until the transaction ends, and checks that it still belongs to the turn's person.

    Args:
        identity: The account.
        exclusive: Also keep other turns of the account from closing; for a turn that may link or unlink it.

    Raises:
        SpeakerChanged: The account is deleted or belongs to another person.
    """
    if sql.read_locked(Identity, "person_id", identity.pk, exclusive=exclusive) != identity.person_id:
        identities.clear_cache()
        raise SpeakerChanged(f"identity {identity.pk}")
