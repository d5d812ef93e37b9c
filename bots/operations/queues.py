"""Sweeps the queues and retries, discards or replays their rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from bots import reminders, replays
from bots.leases import held
from bots.limits import batches
from bots.models import InboundEvent, OutboundMessage
from bots.models.lengths import QUEUE_ERROR_LENGTH
from bots.models.sql import clock
from bots.pipeline import inbox, memory_outbox, outbox
from bots.pipeline.dispatch import decisions, gathering, timeouts, unanswered
from bots.pipeline.queue import setback, wakeups, workers
from clawdbot.reasons import columns

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """The number of freed claims of dead workers and of wake-ups sent for due rows, over both queues."""

    freed: int
    woken: int


def sweep() -> SweepReport:
    """Frees claims of dead workers and wakes a worker for every due row. Safe at any time, also concurrently."""
    setback.correct()
    before = clock.now()
    living = workers.living_ids()
    freed = inbox.free_dead_claims(living, before) + outbox.free_dead_claims(living, before)
    if freed:
        logger.warning("freed %s claims of dead workers", freed)
    timeouts.enqueue_due()
    decisions.expire_due(before)
    woken = _wake_due() + reminders.wake_due() + reminders.broadcasting.wake_due() + replays.wake_due()
    memory_outbox.catch_up()
    return SweepReport(freed, woken)


def _wake_due() -> int:
    woken = 0
    for task, rows in ((wakeups.PROCESS, inbox.due()), (wakeups.DELIVER, outbox.due())):
        for row_id, platform in rows:
            wakeups.send(task, row_id, platform)
            woken += 1
    return woken


def release_abandoned() -> int:
    """Releases the claims of this process that nothing in it works on, and wakes a worker for their rows.

    A release fails while the database is away. Each heartbeat repeats it, so no chat waits until the claim expires.
    """
    freed = inbox.release_abandoned() + outbox.release_abandoned()
    if freed:
        logger.warning("released %s claims of this process that nothing works on", freed)
        _wake_due()
    return freed


def recover() -> SweepReport:
    """Sweeps when the product starts. The clock may have been set back while it was stopped."""
    setback.correct_at_start()
    return sweep()


def leave() -> None:
    """Unregisters this worker at an orderly shutdown: the next sweep frees its claims, and others take its leases."""
    batches.end_unused(all_of_them=True)
    held.leave()
    workers.unregister()


def retry_outbound(ids: Iterable[int]) -> int:
    """Queues dead, discarded, unconfirmed or held messages for delivery again; returns how many."""
    state = OutboundMessage.State
    return _reset_outbound(
        ids,
        (state.DEAD, state.UNCONFIRMED, state.DISCARDED, state.HELD),
        state=state.PENDING,
        attempts=0,
        due_at=clock.now(),
        queued_at=clock.now(),
        mark="",
        owner="",
        claimed_at=None,
        **columns("error", "", QUEUE_ERROR_LENGTH),
    )


def discard_outbound(ids: Iterable[int]) -> int:
    """Discards dead, unconfirmed, held or pending messages; returns how many. Later ones no longer wait for them."""
    state = OutboundMessage.State
    return _reset_outbound(ids, (state.DEAD, state.UNCONFIRMED, state.PENDING, state.HELD), state=state.DISCARDED)


def _reset_outbound(ids: Iterable[int], sources: tuple[str, ...], **values: object) -> int:
    changed = 0
    with transaction.atomic():
        for row in OutboundMessage.objects.filter(pk__in=list(ids)).select_related("channel").order_by("pk"):
            # conditional update: skips a row that a worker claims concurrently
            if OutboundMessage.objects.filter(pk=row.pk, state__in=sources).update(**values):
                changed += 1
                wakeups.after_commit(wakeups.DELIVER, row.pk, row.channel.platform)
    return changed


def replay_inbound(ids: Iterable[int]) -> int:
    """Copies finished events into new rows, as if they had arrived again; returns how many.

    The old rows stay; those that were dead letters are closed.
    """
    state = InboundEvent.State
    made = 0
    with transaction.atomic():
        rows = InboundEvent.objects.filter(pk__in=list(ids), state__in=(state.DONE, state.DEAD, state.IGNORED))
        rows = rows.exclude(payload__has_key=gathering.PART_OF)  # the row of the turn has the contents
        for row in rows.select_related("channel").order_by("pk"):
            base = row.dedupe_key.split(":replay:")[0][:160]
            number = InboundEvent.objects.filter(channel=row.channel, dedupe_key__startswith=f"{base}:replay:").count()
            fresh = InboundEvent.objects.create(
                channel=row.channel,
                dedupe_key=f"{base}:replay:{number + 1}",
                queue_key=row.queue_key,
                kind=row.kind,
                payload=row.payload,
                due_at=clock.now(),
                request_id=row.request_id,
            )
            unanswered.settle([row.pk])
            wakeups.after_commit(wakeups.PROCESS, fresh.pk, row.channel.platform)
            made += 1
    return made


def settle_inbound(ids: Iterable[int]) -> int:
    """Closes dead letters without an answer; returns how many."""
    with transaction.atomic():
        return unanswered.settle(list(ids))
