"""A person of the team answers in the bot's place, and hands the conversation back."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from bots.models import Conversation, StateTransition
from clawdbot.errors import ClawdbotError

State = Conversation.State


class ConversationClosed(ClawdbotError):
    """Nobody can take over what is over; the person's next message opens another conversation."""

    permanent = True


def take_over(conversation: Conversation) -> bool:
    """The bot stays silent here from its next turn on; an open form is dropped. False: somebody has it already.

    Raises:
        ConversationClosed: It is over.
    """
    return _move(conversation, "hand_over", (State.ACTIVE, State.COLLECTING))


def hand_back(conversation: Conversation) -> bool:
    """The bot answers again. False: it does already.

    Raises:
        ConversationClosed: It is over.
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
