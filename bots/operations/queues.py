"""What people and the sweep do with the queues: free dead claims, wake workers, retry, discard, replay."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from bots.models import InboundEvent, OutboundMessage
from bots.models.lengths import QUEUE_ERROR_LENGTH
from bots.pipeline import inbox, memory_outbox, outbox
from bots.pipeline.queue import wakeups, workers
from clawdbot.reasons import columns

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How many claims of dead workers were freed and how many rows were woken, of both queues."""

    freed: int
    woken: int


def sweep() -> SweepReport:
    """Frees what dead workers held and wakes a worker for every due row. Safe to run at any time, by anyone."""
    before = timezone.now()
    living = workers.living_ids()
    freed = inbox.free_dead_claims(living, before) + outbox.free_dead_claims(living, before)
    if freed:
        logger.warning("freed %s claims of dead workers", freed)
    woken = 0
    for task, rows in ((wakeups.PROCESS, inbox.due()), (wakeups.DELIVER, outbox.due())):
        for row_id, platform in rows:
            wakeups.send(task, row_id, platform)
            woken += 1
    memory_outbox.catch_up()
    return SweepReport(freed, woken)


def leave() -> None:
    """At an orderly end of this process: what it claimed is free at once."""
    workers.unregister()


def retry_outbound(ids: Iterable[int]) -> int:
    """Dead, discarded or unconfirmed messages are sent again; returns how many."""
    state = OutboundMessage.State
    return _reset_outbound(
        ids,
        (state.DEAD, state.UNCONFIRMED, state.DISCARDED),
        state=state.PENDING,
        attempts=0,
        due_at=timezone.now(),
        mark="",
        owner="",
        claimed_at=None,
        **columns("error", "", QUEUE_ERROR_LENGTH),
    )


def discard_outbound(ids: Iterable[int]) -> int:
    """Dead or waiting messages are given up; returns how many. Nothing behind them waits for them any more."""
    state = OutboundMessage.State
    return _reset_outbound(ids, (state.DEAD, state.UNCONFIRMED, state.PENDING), state=state.DISCARDED)


def _reset_outbound(ids: Iterable[int], sources: tuple[str, ...], **values: object) -> int:
    changed = 0
    with transaction.atomic():
        for row in OutboundMessage.objects.filter(pk__in=list(ids)).select_related("channel").order_by("pk"):
            # conditional: a row that a worker claims at this moment is left to it
            if OutboundMessage.objects.filter(pk=row.pk, state__in=sources).update(**values):
                changed += 1
                wakeups.after_commit(wakeups.DELIVER, row.pk, row.channel.platform)
    return changed


def replay_inbound(ids: Iterable[int]) -> int:
    """Finished events are taken as if they came again, as new rows; returns how many. The old rows stay."""
    state = InboundEvent.State
    made = 0
    with transaction.atomic():
        rows = InboundEvent.objects.filter(pk__in=list(ids), state__in=(state.DONE, state.DEAD, state.IGNORED))
        for row in rows.select_related("channel").order_by("pk"):
            base = row.dedupe_key.split(":replay:")[0][:160]
            number = InboundEvent.objects.filter(channel=row.channel, dedupe_key__startswith=f"{base}:replay:").count()
            fresh = InboundEvent.objects.create(
                channel=row.channel,
                dedupe_key=f"{base}:replay:{number + 1}",
                queue_key=row.queue_key,
                kind=row.kind,
                payload=row.payload,
                request_id=row.request_id,
            )
            wakeups.after_commit(wakeups.PROCESS, fresh.pk, row.channel.platform)
            made += 1
    return made
