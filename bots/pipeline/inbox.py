"""The durable inbox: one row per event, stored before the platform hears 200; claimed by one worker at a time.

State machine of a row: pending -> processing -> done | pending (again later) | dead; ignored rows were never work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from adapters.commands import parse_command
from adapters.events import Event
from bots.models import Channel, InboundEvent, sql
from bots.models.lengths import ID_LENGTH, QUEUE_ERROR_LENGTH
from bots.pipeline.queue import wakeups, workers
from clawdbot.backoff import Backoff
from clawdbot.reasons import Why, columns

State = InboundEvent.State
# These get a turn, or change what is stored of one (bots.corrections). Everything else is kept for the log only.
WORK_KINDS = frozenset({"message", "command", "action", "edit", "delete"})
MAX_ATTEMPTS = 6
BACKOFF = Backoff()
STOP = frozenset({"stop", "停止"})
# A turn is bounded by the model's and the skill's time limits; a claim far older belongs to a thread that hangs.
CLAIM_LIMIT = timedelta(minutes=15)


class ClaimLost(Exception):
    """Another worker took the row over; what this one did for it must not be committed."""


@dataclass(frozen=True, slots=True)
class AcceptResult:
    """Row ids made by one `accept`, and how many events were known already."""

    accepted: tuple[int, ...]
    duplicates: int


def queue_key(channel: Channel, event: Event) -> str:
    """Events with the same key are taken one at a time, in order of arrival."""
    return f"{channel.pk}:{event.chat_id or event.user_id}:{event.thread_id or ''}"


def accept(channel: Channel, events: Iterable[Event], *, request_id: str = "") -> AcceptResult:
    """Stores events, each once, and wakes a worker after the commit.

    Returns only after COMMIT: the caller may then tell the platform 200. Raises whatever the database raises, so that
    the caller answers 5xx and the platform sends again.
    """
    accepted: list[int] = []
    duplicates = 0
    for event in events:
        if event.kind in ("ignored", "status") and not event.text:
            continue  # counted by the caller; an ignored message is kept, so that an operator can see it came
        row = _store(channel, event, request_id)
        if row is None:
            duplicates += 1
            continue
        accepted.append(row.pk)
        if row.state == State.PENDING:
            wakeups.after_commit(wakeups.PROCESS, row.pk, channel.platform)
    return AcceptResult(tuple(accepted), duplicates)


def _store(channel: Channel, event: Event, request_id: str) -> InboundEvent | None:
    kind = str(event.kind)
    row = InboundEvent(
        channel=channel,
        dedupe_key=event.dedupe_key[:ID_LENGTH],
        queue_key=queue_key(channel, event)[:255],
        kind=kind,
        payload=event.to_dict(with_raw=False),  # the raw payload may hold more than we need to keep
        state=State.PENDING if kind in WORK_KINDS else State.IGNORED,
        request_id=request_id,
    )
    try:
        with transaction.atomic():
            sql.insert(row)
            if event.twin_key:
                _bar_twin(channel, event, row)
            if STOP & {event.command.removeprefix("/"), parse_command(event.text)[0]}:
                # /stop overtakes the queue: the turn in work looks at this flag while the model speaks
                InboundEvent.objects.filter(queue_key=row.queue_key, state=State.PROCESSING).update(
                    cancel_requested=True
                )
    except IntegrityError:
        keys = [key[:ID_LENGTH] for key in (event.dedupe_key, event.twin_key) if key]
        if InboundEvent.objects.filter(channel=channel, dedupe_key__in=keys).exists():
            return None
        raise
    return row


def _bar_twin(channel: Channel, event: Event, row: InboundEvent) -> None:
    """Takes the key that the event shares with its twin, in the same transaction: whichever comes second is known."""
    sql.insert(
        InboundEvent(
            channel=channel,
            dedupe_key=event.twin_key[:ID_LENGTH],
            queue_key=row.queue_key,
            kind="ignored",
            payload={"twin_of": event.dedupe_key},
            state=State.IGNORED,
            request_id=row.request_id,
        )
    )


def claim(row_id: int) -> InboundEvent | None:
    """Takes the row for this worker if it is due and first of its chat; None when it is not (a double wake-up)."""
    return sql.claim(InboundEvent, row_id, State.PROCESSING, workers.current())


def next_in_queue(queue_key: str) -> int | None:
    """The id of the first waiting row of this chat that is due."""
    return sql.next_waiting(InboundEvent, queue_key, State.PROCESSING)


def finish(row: InboundEvent, *, conversation_id: int | None, error: Why = "", state: str = State.DONE) -> None:
    """Closes the claimed row; called inside the transaction that writes the answer.

    Raises:
        ClaimLost: the claim is no longer this worker's; the transaction must roll back.
    """
    # What there was of an answer that grew is not needed beside the answer.
    done = {"draft_text": ""} if row.draft_id else {}
    _update_claimed(row, state=state, conversation=conversation_id, finished_at=timezone.now(), **_error(error), **done)


def retry_later(row: InboundEvent, error: Why, retry_after: float | None = None) -> float:
    """Gives the row back with exponential back-off; returns the seconds until it is due."""
    wait_s = BACKOFF.delay_s(row.attempts, retry_after)
    due = timezone.now() + timedelta(seconds=wait_s)
    _update_claimed(row, state=State.PENDING, due_at=due, **_error(error), owner="", claimed_at=None)
    wakeups.send(wakeups.PROCESS, row.pk, row.channel.platform, in_s=wait_s)
    return wait_s


def _error(reason: Why) -> dict[str, Any]:
    return columns("error", reason, QUEUE_ERROR_LENGTH)


def _update_claimed(row: InboundEvent, **values: object) -> None:
    if not sql.update_claimed(row, State.PROCESSING, values):
        raise ClaimLost(f"inbound event {row.pk}")


def stop_requested(row: InboundEvent) -> bool:
    """Whether the person asked to stop, or the claim is gone: either way this turn should end."""
    return not InboundEvent.objects.filter(
        pk=row.pk, owner=row.owner, attempts=row.attempts, cancel_requested=False
    ).exists()


def free_dead_claims(living: set[str], before: datetime) -> int:
    """Gives back rows held by workers that are not `living`; `before` spares claims made after that list was read."""
    now = timezone.now()
    held = InboundEvent.objects.filter(state=State.PROCESSING, claimed_at__lt=before)
    freed = held.exclude(owner__in=living).update(state=State.PENDING, owner="", claimed_at=None, due_at=now)
    hung = held.filter(claimed_at__lt=now - CLAIM_LIMIT)
    return freed + hung.update(state=State.PENDING, owner="", claimed_at=None, due_at=now)


def due(limit: int = 500) -> list[tuple[int, str]]:
    """(id, platform) of rows that a worker could take now: the first due row of each chat."""
    earlier = InboundEvent.objects.filter(
        queue_key=OuterRef("queue_key"), id__lt=OuterRef("id"), state__in=(State.PENDING, State.PROCESSING)
    )
    rows = InboundEvent.objects.filter(state=State.PENDING, due_at__lte=timezone.now()).filter(~Exists(earlier))
    return list(rows.order_by("id").values_list("pk", "channel__platform")[:limit])
