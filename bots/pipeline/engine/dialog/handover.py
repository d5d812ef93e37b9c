"""Decides whether a human still answers a conversation in the bot's place."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max

from bots.models import Conversation, Message, StateTransition
from bots.pipeline.engine.turn import Turn

# After this time without a sign of the human the bot answers again, so that no person waits for ever.
STAYS = timedelta(hours=24)


def silences(turn: Turn) -> bool:
    """Returns whether a human answers; after `STAYS` without one, hands the conversation to the bot. Queries: 2."""
    if turn.conversation.state != Conversation.State.HUMAN:
        return False
    if turn.now - _last_activity(turn.conversation) < STAYS:
        return True
    turn.move("resume")
    return False


def _last_activity(conversation: Conversation) -> datetime:
    taken = StateTransition.objects.filter(conversation=conversation, target=Conversation.State.HUMAN)
    said = Message.objects.filter(conversation=conversation, role=Message.Role.OPERATOR)
    times = (taken.aggregate(at=Max("at"))["at"], said.aggregate(at=Max("occurred_at"))["at"])
    return max((at for at in times if at is not None), default=conversation.started_at)
