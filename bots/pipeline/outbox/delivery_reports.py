"""Applies the delivery reports that a platform sends after it has accepted a message.

WhatsApp, for one, reports only then that its 24-hour window is over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import transaction

from adapters.events import Event
from bots import metrics
from bots.channels import lookup
from bots.models import Channel, OutboundMessage
from bots.models.lengths import QUEUE_ERROR_LENGTH
from bots.models.sql import clock
from bots.pipeline.outbox import lost_chats
from bots.pipeline.queue import wakeups
from clawdbot.reasons import Reason, columns

logger = logging.getLogger(__name__)
State = OutboundMessage.State


def note(channel: Channel, events: Iterable[Event]) -> None:
    """Queues an undelivered message once more if the platform has another way to send it; else makes it a dead letter.

    Idempotent: the same events again change nothing.
    """
    for event in events:
        if event.kind == "status" and event.status == "failed" and event.target_message_id:
            _settle(channel, event, event.target_message_id)


def _settle(channel: Channel, event: Event, message_id: str) -> None:
    sent = OutboundMessage.objects.filter(channel=channel, platform_message_id=message_id, state=State.SENT)
    row = sent.order_by("-pk").first()
    if row is None:
        return
    data = dict(row.payload.get("data") or {})
    other = lookup.adapter_for(channel).another_way(event) if row.part == 0 else {}
    if other and not other.items() <= data.items():
        payload = row.payload | {"data": data | other}
        again = {"state": State.PENDING, "payload": payload, "attempts": 0, "owner": ""}
        again["due_at"] = again["queued_at"] = clock.now()
        if sent.filter(pk=row.pk).update(**again):
            wakeups.send(wakeups.DELIVER, row.pk, channel.platform)
        return
    reason = Reason("undelivered_code", code=str(event.data)) if event.data else Reason("undelivered")
    error = columns("error", reason, QUEUE_ERROR_LENGTH)
    with transaction.atomic():
        recorded = sent.filter(pk=row.pk).update(state=State.DEAD, mark="undelivered", **error)
        if recorded:
            lost_chats.note(row, lookup.adapter_for(channel).undelivered_mark(event), reason)
    if recorded:
        metrics.sent(channel.platform, "undelivered")
        logger.warning("outbound %s was not delivered: %s", row.pk, event.data or "no code")
