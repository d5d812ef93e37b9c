"""Holds the limits of messages a minute: what exceeds them is kept, and the person is told once.

Commands, buttons and talks with a human are always taken: somebody must be able to say stop, and a talk with the team
costs no model.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from bots.limits import admission
from bots.models import Conversation, Message, OwnerKind
from bots.pipeline import engine

NOTICE = "too many"  # `meta["notice"]`
EPISODE = timedelta(hours=1)


def over_limit(turn: engine.Turn) -> str:
    """Counts the message of the turn. Returns the kind of the owner whose limit it exceeds, else "".

    The first try counts. A turn that is tried again, waited, or begins anew with further messages was counted before.
    """
    if (
        not turn.is_first_try
        or turn.event.command
        or turn.event.kind == "action"
        or turn.conversation.state == Conversation.State.HUMAN
    ):
        return ""
    return admission.over_limit(turn.owners, turn.now)


def reply(turn: engine.Turn, kind: str) -> engine.Reply:
    """Returns the sentence about it; nothing while it was the last that the bot said."""
    latest = turn.conversation.messages.exclude(role=Message.Role.USER).order_by("-pk").first()
    told = latest is not None and latest.meta.get("notice") == NOTICE and turn.now - latest.occurred_at < EPISODE
    meta = {"notice": NOTICE, Message.ASIDE: True}
    with translation.override(turn.language):
        return engine.Reply("" if told else _sentence(kind), silent=told, meta=meta)


def _sentence(kind: str) -> str:
    if kind in (OwnerKind.PERSON, OwnerKind.CHAT):
        return _(
            "You write faster than I can answer, so your latest messages have no answer yet. I have kept them: please "
            "write again in a minute."
        )
    return _(
        "So many people write to me at the moment that I cannot answer all of them. I have kept your message: please "
        "write again in a minute."
    )
