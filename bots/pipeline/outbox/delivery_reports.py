"""What a platform says of a message after it has taken it: WhatsApp tells only then that its 24 hours are over."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.utils import timezone

from adapters.events import Event
from bots import metrics
from bots.channels import lookup
from bots.models import Channel, OutboundMessage
from bots.models.lengths import QUEUE_ERROR_LENGTH
from bots.pipeline.queue import wakeups
from clawdbot.reasons import Reason, columns

logger = logging.getLogger(__name__)
State = OutboundMessage.State


def note(channel: Channel, events: Iterable[Event]) -> None:
    """Sends each message that was not delivered once more where the platform has another way, else it is a dead letter.

    May be called again with the same events: a message that was settled is not touched.
    """
    for event in events:
        if event.kind == "status" and event.status == "failed" and event.target_message_id:
            _settle(channel, event, event.target_message_id)


def _settle(channel: Channel, event: Event, message_id: str) -> None:
    sent = OutboundMessage.objects.filter(channel=channel, platform_message_id=message_id, state=State.SENT)
    row = sent.order_by("-pk").first()
    if row is None:
        return
    told = dict(row.payload.get("data") or {})
    other = lookup.adapter_for(channel).another_way(event) if row.part == 0 else {}
    if other and not other.items() <= told.items():
        payload = row.payload | {"data": told | other}
        again = {"state": State.PENDING, "payload": payload, "attempts": 0, "owner": "", "due_at": timezone.now()}
        if sent.filter(pk=row.pk).update(**again):
            wakeups.send(wakeups.DELIVER, row.pk, channel.platform)
        return
    reason = Reason("undelivered_code", code=str(event.data)) if event.data else Reason("undelivered")
    error = columns("error", reason, QUEUE_ERROR_LENGTH)
    if sent.filter(pk=row.pk).update(state=State.DEAD, mark="undelivered", **error):
        metrics.sent(channel.platform, "undelivered")
        logger.warning("outbound %s was not delivered: %s", row.pk, event.data or "no code")
