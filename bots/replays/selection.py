"""Chooses the past turns of a run and reads what their answers took."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bots.models import Bot, Message, TurnUsage
from bots.replays.repeating import figures_of
from skills.models import ToolCall

MOST = 1000  # turns of one run
_LOOKED = 20  # messages that are looked at for each one that is chosen
_PAGE = 200
_PURPOSES = (TurnUsage.Purpose.TURN, TurnUsage.Purpose.TOOLS)
# Keys of `meta` of an answer by a model or a skill, or of a failure in its place.
_ANSWERED = ("provider", "skill", Message.FAILED)


def choose(bot: Bot, *, since: datetime | None, conversation: int | None, limit: int) -> list[Message]:
    """Returns the latest messages of people that a model, a skill or the built-in responder answered, oldest first.

    Commands, forgotten messages and what the model refused are left out.
    """
    rows = Message.objects.filter(conversation__bot=bot, role=Message.Role.USER, forgotten=False)
    if since is not None:
        rows = rows.filter(occurred_at__gte=since)
    if conversation is not None:
        rows = rows.filter(conversation=conversation)
    chosen: list[Message] = []
    for asked, answered in _pairs(rows.exclude(inbound=None).order_by("-pk"), limit * _LOOKED):
        if any(key in answered.meta for key in _ANSWERED):
            chosen.append(asked)
        if len(chosen) >= limit:
            break
    return chosen[::-1]


def _pairs(rows: Any, most: int) -> Iterator[tuple[Message, Message]]:
    last: int | None = None
    looked = 0
    while looked < most:
        page = list((rows if last is None else rows.filter(pk__lt=last))[:_PAGE])
        if not page:
            return
        last, looked = page[-1].pk, looked + len(page)
        answers = Message.objects.filter(inbound__in=[one.inbound_id for one in page], role=Message.Role.ASSISTANT)
        by_event = {one.inbound_id: one for one in answers}
        for asked in page:
            if (answered := by_event.get(asked.inbound_id)) is not None and Message.REFUSED not in asked.meta:
                yield asked, answered


def then(asked: Message) -> dict[str, Any]:
    """Returns the figures of the answer that the person got."""
    answered = answer_to(asked)
    tools = list(ToolCall.objects.of_event(asked.inbound_id).values_list("tool", flat=True))
    return figures_of(answered, tools, _cost(asked, answered))


def answer_to(asked: Message) -> Message | None:
    """Returns the answer that the person got; None when it is gone."""
    if asked.inbound_id is None:
        return None
    return Message.objects.filter(inbound=asked.inbound_id, role=Message.Role.ASSISTANT).first()


def _cost(asked: Message, answered: Message | None) -> str:
    """Returns the cost of an answer: of the first row of the conversation's usage that is not older than it."""
    if answered is None or "prompt_tokens" not in answered.meta:
        return "0"
    rows = TurnUsage.objects.filter(
        conversation=asked.conversation_id, purpose__in=_PURPOSES, created_at__gte=answered.occurred_at
    )
    cost = rows.order_by("created_at", "id").values_list("cost", flat=True).first()
    return str(cost or 0)
