"""The durable inbox: one row per event, stored before the platform gets 200, claimed by one worker at a time.

A row goes pending -> processing -> done | ignored | pending (retry) | dead. An event that needs no work starts as
ignored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from adapters.commands import parse_command
from adapters.events import Event
from bots.models import Channel, InboundEvent, sql
from bots.models.lengths import ID_LENGTH, QUEUE_ERROR_LENGTH
from bots.models.sql import clock
from bots.pipeline.queue import held, wakeups, workers
from clawdbot.backoff import Backoff
from clawdbot.reasons import Why, columns

State = InboundEvent.State
# Kinds that get a turn or change a stored message (`dispatch.edits`). All others are kept for the log only.
WORK_KINDS = frozenset({"message", "command", "action", "edit", "delete"})
MAX_ATTEMPTS = 6
BACKOFF = Backoff()
STOP = frozenset({"stop", "停止"})
# The time-outs of model and skill bound a turn; a claim much older belongs to a thread that hangs.
CLAIM_LIMIT = timedelta(minutes=15)


class ClaimLost(Exception):
    """Another worker has claimed the row; this worker must not commit its work on it."""


@dataclass(frozen=True, slots=True)
class AcceptResult:
    """The ids of the rows that one `accept` inserted, and the number of events that were stored before."""

    accepted: tuple[int, ...]
    duplicates: int


def queue_key(channel: Channel, event: Event) -> str:
    """Returns the key of the event's queue. Events with the same key are taken one at a time, in order of arrival."""
    return f"{channel.pk}:{event.chat_id or event.user_id}:{event.thread_id or ''}"


def accept(channel: Channel, events: Iterable[Event], *, request_id: str = "") -> AcceptResult:
    """Stores each event once and wakes a worker after the commit.

    Returns only after COMMIT, so the caller may then answer 200. Database errors propagate: the caller answers 5xx and
    the platform sends the event again.
    """
    accepted: list[int] = []
    duplicates = 0
    for event in events:
        if event.kind in ("ignored", "status") and not event.text:
            continue  # the caller counts these; an ignored event with a text is stored, so that the operator sees it
        row = _store(channel, event, request_id)
        if row is None:
            duplicates += 1
            continue
        accepted.append(row.pk)
        if row.state == State.PENDING:
            wakeups.after_commit(wakeups.PROCESS, row.pk, channel.platform, queue_key=row.queue_key)
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
        due_at=clock.now(),
        request_id=request_id,
    )
    try:
        with transaction.atomic():
            sql.insert(row)
            if event.twin_key:
                _insert_twin(channel, event, row)
            if not event.forwarded and STOP & {event.command.removeprefix("/"), parse_command(event.text)[0]}:
                # /stop bypasses the queue: the running turn checks this flag while the model generates
                InboundEvent.objects.filter(queue_key=row.queue_key, state=State.PROCESSING).update(
                    cancel_requested=True
                )
    except IntegrityError:
        keys = [key[:ID_LENGTH] for key in (event.dedupe_key, event.twin_key) if key]
        if InboundEvent.objects.filter(channel=channel, dedupe_key__in=keys).exists():
            return None
        raise
    return row


def _insert_twin(channel: Channel, event: Event, row: InboundEvent) -> None:
    """Inserts a row with the twin's dedupe key in the same transaction, so that the twin counts as a duplicate."""
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
    """Claims the row for this worker if it is due and first of its chat; else None (a double wake-up)."""
    held.take(InboundEvent, row_id)
    return sql.claim(InboundEvent, row_id, State.PROCESSING, workers.current())


def next_in_queue(queue_key: str) -> int | None:
    """Returns the id of the first pending row of this chat that is due."""
    return sql.next_waiting(InboundEvent, queue_key, State.PROCESSING)


def finish(row: InboundEvent, *, conversation_id: int | None, error: Why = "", state: str = State.DONE) -> None:
    """Closes the claimed row. Call it inside the transaction that writes the answer.

    Raises:
        ClaimLost: This worker has lost the claim; the transaction must roll back.
    """
    # The final answer replaces the draft.
    done = {"draft_text": ""} if row.draft_id else {}
    _update_claimed(row, state=state, conversation=conversation_id, finished_at=clock.now(), **_error(error), **done)


def retry_later(row: InboundEvent, error: Why, retry_after: float | None = None) -> float:
    """Returns the row to the queue with exponential back-off. Returns the seconds until it is due."""
    wait_s = BACKOFF.delay_s(row.attempts, retry_after)
    due = clock.now() + timedelta(seconds=wait_s)
    _update_claimed(row, state=State.PENDING, due_at=due, **_error(error), owner="", claimed_at=None)
    wakeups.send(wakeups.PROCESS, row.pk, row.channel.platform, in_s=wait_s, queue_key=row.queue_key)
    return wait_s


def _error(reason: Why) -> dict[str, Any]:
    return columns("error", reason, QUEUE_ERROR_LENGTH)


def _update_claimed(row: InboundEvent, **values: object) -> None:
    if not sql.update_claimed(row, State.PROCESSING, values):
        raise ClaimLost(f"inbound event {row.pk}")


def stop_requested(row: InboundEvent) -> bool:
    """Returns whether this turn should end: the person asked to stop, or the claim is lost."""
    return not InboundEvent.objects.filter(
        pk=row.pk, owner=row.owner, attempts=row.attempts, cancel_requested=False
    ).exists()


def free_dead_claims(living: set[str], before: datetime) -> int:
    """Releases the claims of workers that are not in `living`, and claims older than `CLAIM_LIMIT`.

    Args:
        living: Ids of the workers whose claims hold.
        before: When that list was read; later claims are kept.

    Returns:
        The number of released rows.
    """
    now = clock.now()
    held = InboundEvent.objects.open().filter(state=State.PROCESSING, claimed_at__lt=before)
    freed = held.exclude(owner__in=living).update(state=State.PENDING, owner="", claimed_at=None, due_at=now)
    hung = held.filter(claimed_at__lt=now - CLAIM_LIMIT)
    return freed + hung.update(state=State.PENDING, owner="", claimed_at=None, due_at=now)


def release_abandoned() -> int:
    """Releases the claims of this process that none of its threads works on; returns how many."""
    owner, freed = workers.current(), 0
    for row_id, attempts in sql.claims_of(InboundEvent, State.PROCESSING, owner):
        if held.is_held(InboundEvent, row_id):
            continue
        claimed = InboundEvent.objects.filter(pk=row_id, state=State.PROCESSING, owner=owner, attempts=attempts)
        if claimed.update(state=State.PENDING, owner="", claimed_at=None, due_at=clock.now()):
            freed += 1
    return freed


def due(limit: int = 500) -> list[tuple[int, str]]:
    """Returns (id, platform) of the rows that a worker can claim now: the first open row of each chat, if it is due."""
    earlier = InboundEvent.objects.filter(
        queue_key=OuterRef("queue_key"), id__lt=OuterRef("id"), state__in=InboundEvent.OPEN
    )
    pending = InboundEvent.objects.open().filter(state=State.PENDING, due_at__lte=clock.now())
    rows = pending.filter(~Exists(earlier))
    return list(rows.order_by("id").values_list("pk", "channel__platform")[:limit])
