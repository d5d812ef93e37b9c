"""What a person gets when a limit has no room for a model: the built-in answer, and sometimes a sentence about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.utils.translation import gettext as _

from bots.models import Message
from bots.pipeline.engine.turn import Reply, Turn

NOTICE = "limit"  # `meta["notice"]` of an answer with the sentence
SAID_LATELY = timedelta(hours=1)
_LOOK_AT = 200  # latest messages of the conversation


def without_model(turn: Turn, built_in: Callable[[Turn], Reply]) -> Reply:
    """Returns the built-in answer, with a kind sentence once an hour in each conversation.

    Args:
        turn: The turn.
        built_in: Answers without a model.
    """
    # A model is connected, so nobody needs to read how to connect one.
    answer = built_in(replace(turn, staff=False))
    if _said_lately(turn):
        return answer
    sentence = _(
        "I have talked so much lately that I need to be brief for a while. What I can tell you without long thought, "
        "I still do."
    )
    text = f"{sentence}\n\n{answer.text}" if answer.text else sentence
    return replace(answer, text=text, meta={**answer.meta, "notice": NOTICE})


def _said_lately(turn: Turn) -> bool:
    said = turn.conversation.messages.filter(role=Message.Role.ASSISTANT).order_by("-id")
    latest = said.values_list("occurred_at", "meta__notice")[:_LOOK_AT]
    return any(notice == NOTICE and turn.now - at < SAID_LATELY for at, notice in latest)
