"""Carries out the notice of a platform that a chat or a person has a new id.

The row of the notice is in the queue of the new chat, so messages there wait for it. It waits itself for a turn that
runs in the old chat. One transaction then moves account and conversations (`bots.people.moving`) and what waits in both
queues of the old chat, so that each message is answered, and each answer sent, at the new address.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from adapters.events import MIGRATED, Event
from bots.models import Channel, InboundEvent, OutboundMessage, sql
from bots.people import moving
from bots.pipeline import inbox
from bots.pipeline.queue import wakeups

AGAIN_S = 0.5  # until the next look whether the turn of the old chat has ended
_NAMED = ("chat_id", "user_id")
_BOUND = ("reply_to", "draft_id")  # ids of messages, which are others in the new chat


def apply(row: InboundEvent, channel: Channel, event: Event) -> bool:
    """Moves what belongs to the old ids. Returns False when a turn of the old chat still runs: the row waits.

    Raises:
        ClaimLost: Another worker has the row; nothing was written.
    """
    if any(_in_work(channel, old) for old in event.new_ids):
        inbox.postpone(row, AGAIN_S)
        return False
    with transaction.atomic():
        inbox.finish(row, conversation_id=None)
        if event.change == MIGRATED:
            for old, new in event.new_ids.items():
                moving.move_group(channel, old, new)
        else:
            moving.move_person(channel, event.new_ids)
        for old, new in event.new_ids.items():
            _readdress(channel, old, new)
    return True


def _prefix(channel: Channel, chat_id: str) -> str:
    return f"{channel.pk}:{chat_id}:"


def _in_work(channel: Channel, chat_id: str) -> bool:
    busy = InboundEvent.State.PROCESSING
    return any(state == busy for _pk, state in sql.open_rows_of_prefix(InboundEvent, _prefix(channel, chat_id), busy))


def _readdress(channel: Channel, old: str, new: str) -> None:
    """Moves the waiting rows of both queues to the new chat. A row that is being sent stays: the adapter follows."""
    for model, busy, task in (
        (InboundEvent, InboundEvent.State.PROCESSING, wakeups.PROCESS),
        (OutboundMessage, OutboundMessage.State.SENDING, wakeups.DELIVER),
    ):
        ids = [pk for pk, state in sql.open_rows_of_prefix(model, _prefix(channel, old), busy) if state == "pending"]
        rows: Any = model._default_manager.select_for_update().filter(pk__in=ids, state="pending").order_by("pk")
        for row in rows:
            thread = row.queue_key.removeprefix(_prefix(channel, old))
            row.queue_key = f"{_prefix(channel, new)}{thread}"[:255]
            row.payload = _addressed(row.payload, old, new, bound=model is OutboundMessage)
            row.save(update_fields=["queue_key", "payload"])
            wakeups.after_commit(task, row.pk, channel.platform)


def _addressed(payload: dict[str, Any], old: str, new: str, *, bound: bool) -> dict[str, Any]:
    kept = {key: value for key, value in payload.items() if not (bound and key in _BOUND)}
    return {key: new if key in _NAMED and value == old else value for key, value in kept.items()}
