"""Inbound rows that wait for more: lets time go by, and takes what is due."""

from __future__ import annotations

from datetime import timedelta

from bots.models import InboundEvent
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher


def wait(seconds: float) -> None:
    """Lets time go by: all rows are older and due earlier."""
    for row in InboundEvent.objects.all():
        earlier = {name: getattr(row, name) - timedelta(seconds=seconds) for name in ("received_at", "due_at")}
        InboundEvent.objects.filter(pk=row.pk).update(**earlier)


def work() -> int:
    """Takes all due rows, as the sweep does. Returns the number of closed turns."""
    return sum(MessageDispatcher().process(row_id) for row_id, _platform in inbox.due())
