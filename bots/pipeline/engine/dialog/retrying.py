"""Finds the messages that the bot could not answer, when the person asks for another try."""

from __future__ import annotations

import re
from dataclasses import replace

from bots.models import Message, ReceivedFile
from bots.pipeline.engine.turn import Turn
from clawdbot.chinese import simplified

NAMES = frozenset({"retry", "重试"})
LOOKED = 30  # messages of the conversation
_AGAIN = re.compile(
    r"\W*(?:please |can you |could you |now )*(?:retry|try (?:it |that |this )?(?:again|now|once more)"
    r"|answer (?:me |it )?(?:again|now)|once more|again)(?:,? please| now)*\W*"
    r"|\W*(?:请|麻烦|那|现在)*(?:您|你)?再?(?:重试|重新(?:回答|试试)|再试|试试|回答我?|再来)(?:一次|一下|一遍|看看)?(?:吧|吗|呢)?\W*",
    re.IGNORECASE,
)


def asks(text: str) -> bool:
    """Returns whether the message says only that the bot should try again."""
    return len(text) <= 60 and _AGAIN.fullmatch(simplified(text)) is not None


def unanswered(turn: Turn, *, by_word: bool) -> Turn | None:
    """Returns the turn with the unanswered messages as its text and files; None when there are none.

    Args:
        turn: The turn that asks for another try.
        by_word: It asks in plain words, which mean that only directly after the bot said that it cannot answer.
    """
    rows = Message.objects.filter(conversation=turn.conversation, forgotten=False).order_by("-id")
    latest = list(rows[:LOOKED])
    said = next((one for one in latest if one.role == Message.Role.ASSISTANT), None)
    if by_word and (said is None or Message.FAILED not in said.meta):
        return None
    open_ones = [
        one
        for one in reversed(latest)
        if one.role == Message.Role.USER and Message.UNANSWERED in one.meta and one.person_id == turn.person.pk
    ]
    if not open_ones:
        return None
    events = tuple(one.inbound_id for one in open_ones if one.inbound_id is not None)
    return replace(
        turn,
        text="\n\n".join(one.text for one in open_ones if one.text),
        forwards=(),
        passed_on="",
        quote=None,
        files=tuple(ReceivedFile.objects.filter(inbound__in=events).order_by("inbound", "position")),
        repeats=events,
        repeated_messages=frozenset(one.pk for one in open_ones),
    )
