"""Rows of the outbox: enqueues them, claims them in order, records outcomes, settles claims of dead workers."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from adapters import registry
from adapters.errors import SendError
from bots.models import Channel, Conversation, Message, OutboundMessage, sql
from bots.models.lengths import ID_LENGTH, QUEUE_ERROR_LENGTH
from bots.models.sql import clock
from bots.pipeline.outbox import journal, lost_chats
from bots.pipeline.outbox.shared_journal import Unreadable
from bots.pipeline.queue import held, wakeups, workers
from clawdbot import tracing
from clawdbot.backoff import Backoff
from clawdbot.reasons import Reason, Why, columns, why

logger = logging.getLogger(__name__)

State = OutboundMessage.State
# An outage of a platform or of the network may last; an answer that is older than a day is of no use.
TRIED_FOR = timedelta(hours=24)
BACKOFF = Backoff(longest_s=600.0)
# An exception of our own code is not repaired by waiting.
DEFECT = "defect"
DEFECT_TRIES = 10
# Time-outs bound a send to seconds; a claim much older is of a thread that could not record the outcome.
CLAIM_LIMIT = timedelta(minutes=10)


def enqueue(
    channel: Channel,
    conversation: Conversation,
    message: Message,
    payloads: Sequence[dict[str, Any]],
    *,
    request_id: str = "",
    claim_first: bool = False,
) -> list[OutboundMessage]:
    """Writes one row per part inside the caller's transaction and wakes a worker after its commit.

    Args:
        channel: The channel to send through.
        conversation: The chat to send to; rows of one chat are sent in order.
        message: The stored answer.
        payloads: Keyword arguments of `adapters.events.OutgoingMessage`, one mapping per part, in order.
        request_id: Id of the webhook request that caused the answer.
        claim_first: Insert the first row claimed by this process, if no other row of the chat is open. The caller then
            sends it after its commit (`delivery.send_claimed`), which saves a commit and a task per message.
    """
    key = f"{channel.pk}:{conversation.chat_id}:{conversation.thread_id}"[:255]
    claimed = claim_first and sql.is_queue_free(OutboundMessage, key, State.SENDING)
    rows, moment, began = [], clock.now(), time.perf_counter()
    for part, payload in enumerate(payloads):
        row = OutboundMessage(
            channel=channel,
            conversation=conversation,
            message=message,
            part=part,
            queue_key=key,
            payload=payload,
            due_at=moment,
            created_at=moment,
            queued_at=moment,
            request_id=request_id,
        )
        if claimed and part == 0:
            row.state, row.owner = State.SENDING, workers.current()
            row.claimed_at, row.attempts = clock.now(), 1
        sql.insert(row)
        if row.owner:
            held.take(OutboundMessage, row.pk)
        rows.append(row)
    tracing.record("outbox", time.perf_counter() - began, request_id, parts=len(rows))
    if rows and not claimed:
        wakeups.after_commit(wakeups.DELIVER, rows[0].pk, channel.platform)
    return rows


def _unsent_before() -> Any:
    return OutboundMessage.objects.filter(
        queue_key=OuterRef("queue_key"), id__lt=OuterRef("id"), state__in=OutboundMessage.OPEN
    )


def claim(row_id: int) -> OutboundMessage | None:
    """Claims the row if it is due and first of its chat, so that replies stay in order; else None."""
    held.take(OutboundMessage, row_id)
    return sql.claim(OutboundMessage, row_id, State.SENDING, workers.current())


def next_in_queue(queue_key: str) -> int | None:
    """Returns the id of the first pending row of this chat that is due."""
    return sql.next_waiting(OutboundMessage, queue_key, State.SENDING)


def record_sent(row: OutboundMessage, message_id: str) -> None:
    """Records that the platform accepted the message."""
    _update_claimed(
        row,
        state=State.SENT,
        platform_message_id=message_id[:ID_LENGTH],
        sent_at=clock.now(),
        mark="",
        **columns("error", "", QUEUE_ERROR_LENGTH),
    )


def record_unconfirmed(row: OutboundMessage, reason: Why) -> None:
    """Records that the request was sent and no response seen.

    The row is not retried: the platform cannot drop duplicates, so the person might get the message twice.
    """
    error = columns("error", reason, QUEUE_ERROR_LENGTH)
    _update_claimed(row, state=State.UNCONFIRMED, mark="unconfirmed", sent_at=clock.now(), **error)


def record_failure(row: OutboundMessage, error: SendError) -> bool:
    """Schedules a retry, or makes the row a dead letter. Returns True when it is dead."""
    reason = why(error)
    wait_s = BACKOFF.next_delay_s(row.attempts, error)
    if wait_s is not None and clock.now() - row.queued_at > TRIED_FOR:
        wait_s, reason = None, Reason("tried_for_a_day", why=reason)
    elif error.mark == DEFECT and row.attempts >= DEFECT_TRIES:
        wait_s = None
    values: dict[str, Any] = {"mark": error.mark[:60], "owner": "", "claimed_at": None}
    values |= columns("error", reason, QUEUE_ERROR_LENGTH)
    if wait_s is None:
        values["state"] = State.DEAD
    else:
        values |= {"state": State.PENDING, "due_at": clock.now() + timedelta(seconds=wait_s)}
    with transaction.atomic():
        recorded = _update_claimed(row, **values)
        if recorded and wait_s is None:
            lost_chats.note(row, error.mark, reason)
    if recorded and wait_s is not None:
        wakeups.send(wakeups.DELIVER, row.pk, row.channel.platform, in_s=wait_s)
    return wait_s is None


def postpone(row: OutboundMessage, wait_s: float) -> None:
    """Returns the row to the queue for `wait_s` seconds, because of the rate limit. Does not count as an attempt."""
    due = clock.now() + timedelta(seconds=wait_s)
    values = {"state": State.PENDING, "due_at": due, "owner": "", "claimed_at": None, "attempts": row.attempts - 1}
    if _update_claimed(row, **values):
        wakeups.send(wakeups.DELIVER, row.pk, row.channel.platform, in_s=wait_s)


def hand_back(row: OutboundMessage) -> None:
    """Returns the row to the queue for the process that can send it and polls for it. Does not count as an attempt."""
    values = {"state": State.PENDING, "owner": "", "claimed_at": None, "attempts": row.attempts - 1}
    _update_claimed(row, **values)


def _update_claimed(row: OutboundMessage, **values: Any) -> bool:
    """Writes to the claimed row. Returns False when the claim is lost: then the new owner records the outcome."""
    return sql.update_claimed(row, State.SENDING, values)


def due(limit: int = 500, channel: Channel | None = None) -> list[tuple[int, str]]:
    """Returns (id, platform) of the rows that a worker can claim now, of one channel or all: the first of each chat."""
    pending = OutboundMessage.objects.open().filter(state=State.PENDING, due_at__lte=clock.now())
    rows = pending.filter(~Exists(_unsent_before()))
    if channel is not None:
        rows = rows.filter(channel=channel)
    return list(rows.order_by("id").values_list("pk", "channel__platform")[:limit])


def free_dead_claims(living: set[str], before: datetime) -> int:
    """Settles the claims of dead workers, and claims older than `CLAIM_LIMIT`, by the owner's journal.

    Args:
        living: Ids of the workers whose claims hold.
        before: When that list was read; later claims are kept.

    Returns:
        The number of settled rows. A row of another node stays while Redis does not answer.
    """
    held = OutboundMessage.objects.open().filter(state=State.SENDING, claimed_at__lt=before)
    hung = Q(claimed_at__lt=clock.now() - CLAIM_LIMIT)
    rows = list(held.filter(~Q(owner__in=living) | hung).select_related("channel"))
    notes: dict[str, journal.Marks | None] = {}
    for owner in {row.owner for row in rows}:
        try:
            notes[owner] = journal.read(owner)
        except Unreadable as error:  # the next sweep reads it
            logger.warning("the journal of another node cannot be read: %s", error)
    rows = [row for row in rows if row.owner in notes]
    for row in rows:
        _settle(row, notes[row.owner])
    # A worker that dies during this call may have claimed rows after `before`: the next call needs its journal.
    left = set(OutboundMessage.objects.open().filter(state=State.SENDING).values_list("owner", flat=True))
    for owner in notes.keys() - living - left:
        journal.remove(owner)
    return len(rows)


def release_abandoned() -> int:
    """Settles the claims of this process that none of its threads works on, by its journal; returns how many."""
    owner, before = workers.current(), clock.now()
    lost = [
        row_id
        for row_id, _attempts in sql.claims_of(OutboundMessage, State.SENDING, owner)
        if not held.is_held(OutboundMessage, row_id)
    ]
    if not lost:
        return 0
    # A later claim of the same row is one of a thread that works.
    mine = OutboundMessage.objects.filter(owner=owner, claimed_at__lt=before)
    rows = mine.filter(pk__in=lost, state=State.SENDING).select_related("channel")
    marks = journal.read(owner)
    freed = 0
    for row in rows:
        _settle(row, marks)
        journal.current().discard(row.pk)
        freed += 1
    return freed


def _settle(row: OutboundMessage, marks: journal.Marks | None) -> None:
    mark = marks.by_row.get(row.pk) if marks is not None else None
    if mark is not None and mark.attempt != row.attempts:
        mark = None
    if mark is not None and mark.step == "s":
        record_sent(row, mark.message_id)
        return
    # Without a mark of a worker of another machine the request may have been sent.
    unknown = mark is None and (marks is None or not marks.complete)
    left = unknown or (mark is not None and mark.step == "w")
    repeatable = "draft_id" in row.payload or registry.adapter_class(row.channel.platform).idempotent_send
    if left and not repeatable:
        record_unconfirmed(row, Reason("worker_killed"))
        return
    _update_claimed(row, state=State.PENDING, owner="", claimed_at=None, due_at=clock.now())
