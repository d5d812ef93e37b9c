"""Reads figures from the database: depth and age of the queues, dead letters, embedding backlog, live workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from bots.models import InboundEvent, OutboundMessage, Worker
from bots.models.sql import clock
from bots.monitoring.signs import FRESH
from memory.storage import embedding_backfill


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """Figures of one queue. `oldest_s` is the age of the oldest open row in seconds, 0.0 without open rows."""

    depth: dict[str, int]
    oldest_s: float
    dead: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures at one moment."""

    inbox: QueueFigures
    outbox: QueueFigures
    waiting_for_model: int
    embedding_backlog: int
    workers: dict[str, int]


def collect() -> Figures:
    """Reads the figures. Each query uses a partial index, so its cost depends on the backlog, not on history."""
    inbound, outbound = InboundEvent.State, OutboundMessage.State
    workers = Worker.objects.filter(beat_at__gt=clock.now() - FRESH).order_by()
    return Figures(
        inbox=_queue(InboundEvent, (inbound.PENDING, inbound.PROCESSING), "received_at"),
        outbox=_queue(OutboundMessage, (outbound.PENDING, outbound.SENDING), "created_at"),
        waiting_for_model=waiting_for_model(),
        embedding_backlog=embedding_backfill.waiting().count(),
        workers={row["role"]: row["number"] for row in workers.values("role").annotate(number=Count("id"))},
    )


def waiting_for_model() -> int:
    """Returns the number of messages that wait for a model, because none answers."""
    return InboundEvent.objects.filter(waiting_since__isnull=False).count()


def _queue(
    model: type[InboundEvent] | type[OutboundMessage], open_states: tuple[str, ...], stored: str
) -> QueueFigures:
    rows = model._default_manager.order_by()
    found = rows.filter(state__in=open_states).values("state").annotate(number=Count("id"), oldest=Min(stored))
    depth = dict.fromkeys(open_states, 0)
    oldest: list[datetime] = []
    for row in found:
        depth[row["state"]] = row["number"]
        oldest.append(row["oldest"])
    age = max(0.0, (clock.now() - min(oldest)).total_seconds()) if oldest else 0.0
    return QueueFigures({str(state): count for state, count in depth.items()}, age, rows.filter(state="dead").count())
