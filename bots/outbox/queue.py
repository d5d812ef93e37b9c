"""Rows of the outbox: enqueue, claim in order, record the outcome, settle what a dead worker left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from adapters import registry
from adapters.errors import SendError
from bots import backoff, wakeup, workers
from bots.models import Channel, Conversation, Message, OutboundMessage
from bots.outbox import journal

State = OutboundMessage.State
MAX_ATTEMPTS = 10


def enqueue(
    channel: Channel,
    conversation: Conversation,
    message: Message,
    payloads: Sequence[dict[str, Any]],
    *,
    request_id: str = "",
) -> list[OutboundMessage]:
    """Writes one row per part inside the caller's transaction and wakes a worker after its commit.

    Args:
        payloads: keyword arguments of `adapters.events.OutgoingMessage`, one mapping per part, in order.
    """
    key = f"{channel.pk}:{conversation.chat_id}:{conversation.thread_id}"[:255]
    rows = [
        OutboundMessage(
            channel=channel,
            conversation=conversation,
            message=message,
            part=part,
            queue_key=key,
            payload=payload,
            request_id=request_id,
        )
        for part, payload in enumerate(payloads)
    ]
    for row in rows:
        row.save(force_insert=True)
    if rows:
        wakeup.after_commit(wakeup.DELIVER, rows[0].pk, channel.platform)
    return rows


def _unsent_before() -> Any:
    return OutboundMessage.objects.filter(
        queue_key=OuterRef("queue_key"), id__lt=OuterRef("id"), state__in=(State.PENDING, State.SENDING)
    )


def claim(row_id: int) -> OutboundMessage | None:
    """Takes the row if it is due and first of its chat, so that replies never overtake each other."""
    now = timezone.now()
    try:
        taken = (
            OutboundMessage.objects.filter(pk=row_id, state=State.PENDING, due_at__lte=now)
            .filter(~Exists(_unsent_before()))
            .update(state=State.SENDING, owner=workers.current(), claimed_at=now, attempts=F("attempts") + 1)
        )
    except IntegrityError:
        return None
    return OutboundMessage.objects.get(pk=row_id) if taken else None


def next_in_queue(queue_key: str) -> int | None:
    """The id of the first waiting row of this chat that is due."""
    return (
        OutboundMessage.objects.filter(queue_key=queue_key, state=State.PENDING, due_at__lte=timezone.now())
        .order_by("id")
        .values_list("pk", flat=True)
        .first()
    )


def record_sent(row: OutboundMessage, message_id: str) -> None:
    """The platform took it."""
    _update_claimed(row, state=State.SENT, platform_message_id=message_id[:191], sent_at=timezone.now(), error="", mark="")


def record_unconfirmed(row: OutboundMessage, reason: str) -> None:
    """The request left and no answer was seen. Where the platform cannot drop doubles, another try might double it."""
    _update_claimed(row, state=State.UNCONFIRMED, mark="unconfirmed", error=reason[:500], sent_at=timezone.now())


def record_failure(row: OutboundMessage, error: SendError) -> bool:
    """Schedules another try, or makes it a dead letter; True when it is dead."""
    dead = error.permanent or row.attempts >= MAX_ATTEMPTS
    wait_s = 0.0 if dead else backoff.delay_s(row.attempts, error.retry_after)
    values: dict[str, Any] = {"error": str(error)[:500], "mark": error.mark[:60], "owner": "", "claimed_at": None}
    if dead:
        values["state"] = State.DEAD
    else:
        values |= {"state": State.PENDING, "due_at": timezone.now() + timedelta(seconds=wait_s)}
    if _update_claimed(row, **values) and not dead:
        wakeup.send(wakeup.DELIVER, row.pk, row.channel.platform, in_s=wait_s)
    return dead


def _update_claimed(row: OutboundMessage, **values: Any) -> bool:
    """False when the claim was lost meanwhile: the new owner's word counts then."""
    rows = OutboundMessage.objects.filter(pk=row.pk, state=State.SENDING, owner=row.owner, attempts=row.attempts)
    return rows.update(**values) == 1


def due(limit: int = 500) -> list[tuple[int, str]]:
    """(id, platform) of rows that a worker could take now: the first due row of each chat."""
    rows = OutboundMessage.objects.filter(state=State.PENDING, due_at__lte=timezone.now()).filter(
        ~Exists(_unsent_before())
    )
    return list(rows.order_by("id").values_list("pk", "channel__platform")[:limit])


def free_dead_claims(living: set[str], before: datetime) -> int:
    """Settles rows whose worker died, by what its journal says; returns how many."""
    held = OutboundMessage.objects.filter(state=State.SENDING, claimed_at__lt=before).exclude(owner__in=living)
    rows = list(held.select_related("channel"))
    notes = {owner: journal.read(owner) for owner in {row.owner for row in rows}}
    for row in rows:
        _settle(row, notes[row.owner])
    for owner in notes:
        journal.remove(owner)
    return len(rows)


def _settle(row: OutboundMessage, marks: dict[int, journal.Mark] | None) -> None:
    mark = (marks or {}).get(row.pk)
    if mark is not None and mark.attempt != row.attempts:
        mark = None
    if mark is not None and mark.step == "s":
        record_sent(row, mark.message_id)
        return
    # Without a journal (another machine's worker) nobody can say that the request did not leave.
    left = marks is None or (mark is not None and mark.step == "w")
    if left and not registry.adapter_class(row.channel.platform).idempotent_send:
        record_unconfirmed(row, "The worker was killed after the request had left; no answer was seen.")
        return
    _update_claimed(row, state=State.PENDING, owner="", claimed_at=None, due_at=timezone.now())
