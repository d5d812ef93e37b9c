"""Hands conversations over to the team and back to the bot."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from bots.models import Conversation, StateTransition
from clawdbot.errors import ClawdbotError

State = Conversation.State


class ConversationClosed(ClawdbotError):
    """The conversation is closed; the person's next message opens a new one."""

    permanent = True


def take_over(conversation: Conversation) -> bool:
    """Silences the bot from its next turn on and discards an open form; returns False if the team answers already.

    Raises:
        ConversationClosed: The conversation is closed.
    """
    return _move(conversation, "hand_over", (State.ACTIVE, State.COLLECTING))


def hand_back(conversation: Conversation) -> bool:
    """Lets the bot answer again; returns False if it does already.

    Raises:
        ConversationClosed: The conversation is closed.
    """
    return _move(conversation, "resume", (State.HUMAN,))


def _move(conversation: Conversation, name: str, sources: tuple[str, ...]) -> bool:
    with transaction.atomic():
        row = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if row.closed_at is not None:
            raise ConversationClosed(_("This conversation is closed."))
        source = row.state
        if source not in sources:
            return False
        getattr(row, name)()
        row.save(update_fields=["state", "state_data"])
        StateTransition.objects.create(conversation=row, name=name, source=source, target=row.state)
    return True
