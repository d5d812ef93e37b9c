"""Decides whether a human still answers a conversation in the bot's place."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from bots.models import Conversation, Message, StateTransition
from bots.pipeline.engine.turn import Reply, Turn
from skills.person import reading

# After this time without a sign of the human the bot answers again, so that no person waits for ever.
STAYS = timedelta(hours=24)


def reply(turn: Turn) -> Reply | None:
    """Returns the answer of a conversation with a human: none in words, or that the bot is back; None without one."""
    if _withdrawn(turn):
        turn.move("resume")
        return Reply(_("All right, nobody of the team is needed. I answer you again."))
    return Reply("", silent=True, remember=True) if silences(turn) else None


def silences(turn: Turn) -> bool:
    """Returns whether a human answers; after `STAYS` without one, hands the conversation to the bot. Queries: 2."""
    if turn.conversation.state != Conversation.State.HUMAN:
        return False
    if turn.now - _last_activity(turn.conversation) < STAYS:
        return True
    turn.move("resume")
    return False


def _withdrawn(turn: Turn) -> bool:
    """Returns whether the person takes back their own request for a human, before anybody answered. Queries: 0 to 2.

    What an operator took over stays with the operator.
    """
    if turn.conversation.state != Conversation.State.HUMAN or not reading.withdraws(turn.text):
        return False
    moves = StateTransition.objects.filter(conversation=turn.conversation, target=Conversation.State.HUMAN)
    asked = moves.order_by("-id").first()
    if asked is None or asked.inbound_id is None:
        return False
    said = Message.objects.filter(conversation=turn.conversation, role=Message.Role.OPERATOR)
    return not said.filter(occurred_at__gte=asked.at).exists()


def _last_activity(conversation: Conversation) -> datetime:
    taken = StateTransition.objects.filter(conversation=conversation, target=Conversation.State.HUMAN)
    said = Message.objects.filter(conversation=conversation, role=Message.Role.OPERATOR)
    times = (taken.aggregate(at=Max("at"))["at"], said.aggregate(at=Max("occurred_at"))["at"])
    return max((at for at in times if at is not None), default=conversation.started_at)
