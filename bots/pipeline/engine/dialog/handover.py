"""Whether the human who took a conversation over is still there."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max

from bots.models import Conversation, Message, StateTransition
from bots.pipeline.engine.turn import Turn

# Who neither took over nor wrote for so long has gone home and forgotten: a person must not talk to nobody for ever.
STAYS = timedelta(hours=24)


def silences(turn: Turn) -> bool:
    """True when a human answers in the bot's place; whom nobody has answered for a day is handed back. Queries: 2."""
    if turn.conversation.state != Conversation.State.HUMAN:
        return False
    if turn.now - _last_sign(turn.conversation) < STAYS:
        return True
    turn.move("resume")
    return False


def _last_sign(conversation: Conversation) -> datetime:
    taken = StateTransition.objects.filter(conversation=conversation, target=Conversation.State.HUMAN)
    said = Message.objects.filter(conversation=conversation, role=Message.Role.OPERATOR)
    signs = (taken.aggregate(at=Max("at"))["at"], said.aggregate(at=Max("occurred_at"))["at"])
    return max((at for at in signs if at is not None), default=conversation.started_at)
