"""Settles dead letters whose message has got an answer after all: by another try, or from the team."""

from __future__ import annotations

from collections.abc import Collection

from bots.models import InboundEvent, Message
from bots.models.lengths import QUEUE_ERROR_LENGTH
from clawdbot.reasons import columns


def settle(events: Collection[int], *, refused: bool = False) -> int:
    """Closes these dead letters and takes the mark off their messages, in the caller's transaction.

    Args:
        events: Ids of the events.
        refused: A model refused the messages: no later prompt holds them.

    Returns:
        The number of closed dead letters.
    """
    rows = InboundEvent.objects.filter(pk__in=events, state=InboundEvent.State.DEAD)
    closed = rows.update(state=InboundEvent.State.DONE, **columns("error", "", QUEUE_ERROR_LENGTH))
    for message in Message.objects.filter(inbound__in=events, role=Message.Role.USER):
        meta = {name: value for name, value in message.meta.items() if name != Message.UNANSWERED}
        if refused:
            meta[Message.REFUSED] = True
        Message.objects.filter(pk=message.pk).update(meta=meta)
    return closed


def settle_conversation(conversation_id: int) -> int:
    """Closes the dead letters of a conversation, in which the team has answered; returns how many."""
    dead = InboundEvent.objects.filter(conversation=conversation_id, state=InboundEvent.State.DEAD)
    return settle(list(dead.values_list("pk", flat=True)))
