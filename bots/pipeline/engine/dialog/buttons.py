"""Buttons below answers and questions: kept with the message, and found again when one is pressed or its number typed.

A button of a question counts only while that question is open, and only from the person who was asked. Any other
button says its text, as if the person had typed it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from bots.channels import presses
from bots.models import Message
from bots.pipeline.engine.dialog import frames
from bots.pipeline.engine.dialog.frames import Frame
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.flows import numbers
from clawdbot.skills.buttons import LONGEST, MOST

ASKS = "asks"  # key of a message's `meta`: which question its buttons answer
PRESSED = "pressed"  # key of the answer to a press: which button it was
_NUMBER = re.compile(r"\d{1,2}")


def meta(labels: Sequence[str], asks: str = "") -> dict[str, Any]:
    """Returns what the reply's `meta` holds of its buttons.

    Args:
        labels: What they show and say.
        asks: The question that they answer (`question_id`); "" for none.
    """
    if not labels or (asks and not _fit(labels)):  # the text lists what is too much for buttons
        return {}
    return {Message.BUTTONS: list(labels)} | ({ASKS: asks} if asks else {})


def question_id(frame: Frame, question: str) -> str:
    """Returns an id of an open question: another one for each run of a flow, each step, and each wording of it.

    A confirmation is worded with its values, so a yes to former values is no yes to others.
    """
    written = "\n".join((str(frame.opened_in), frame.flow, frame.step, question))
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def offer(turn: Turn, reply: Reply) -> Reply:
    """Returns the reply with the buttons of the question that it asks."""
    if turn.pressed:
        reply = replace(reply, meta=reply.meta | {PRESSED: turn.pressed})
    frame = frames.top(turn)
    if frame is None or not frames.asks_now(turn) or reply.silent or reply.failure or reply.new_conversation:
        return reply
    return replace(reply, meta=reply.meta | meta(frames.kind_of(frame).choices(turn, frame), _id_of(turn, frame)))


def press(turn: Turn) -> Reply | None:
    """Replaces a pressed button, or the number of one, by its text.

    Queries: 1 for a press or a message that is a number, else none.

    Returns:
        The answer to a press that does not count; None when the turn goes on.
    """
    if (named := presses.read(turn.text)) is not None:
        return _press(turn, *named)
    typed = unicodedata.normalize("NFKC", turn.text).strip(" .。、)")
    if _NUMBER.fullmatch(typed):
        last = _said(turn).order_by("-id").first()
        labels = list(map(str, _texts(last.meta))) if last is not None else []
        if typed not in labels and (place := numbers.place(labels, int(typed))) is not None:
            turn.text = labels[place]
    return None


def _press(turn: Turn, message_id: int, number: int) -> Reply | None:
    chat = turn.conversation
    mine = {"conversation__channel": chat.channel_id, "conversation__chat_id": chat.chat_id}
    message = Message.objects.filter(pk=message_id, **mine).exclude(role=Message.Role.USER).first()
    labels = _texts(message.meta) if message is not None else []
    if message is None or not 1 <= number <= len(labels):
        turn.text = _("[A button]")
        return _late()
    turn.text = labels[number - 1]
    if ASKS not in message.meta:
        return None
    turn.pressed = f"{message_id}.{number}"
    stack = frames.of(chat) if message.conversation_id == chat.pk else []
    # below the question of a digression the own one is open, too
    frame = next((one for one in reversed(stack) if one.kind != "talk"), None)
    if frame is None or _id_of(turn, frame) != message.meta[ASKS]:
        return _repeated(turn) or _late()
    if frame.by not in (0, turn.person.pk):
        return Reply(_("This question is for somebody else in this group, so I left it open."))
    if frame is not stack[-1]:
        frames.drop_passing(turn)
    return None


def _repeated(turn: Turn) -> Reply | None:
    """Returns silence for the second press of a button that was just taken; None for any other press."""
    last = _said(turn).order_by("-id").first()
    taken = last is not None and last.meta.get(PRESSED) == turn.pressed
    return Reply("", silent=True) if taken else None


def _late() -> Reply:
    return Reply(_("I am not waiting for an answer to that question now, so I left everything as it is."))


def _said(turn: Turn) -> Any:
    return Message.objects.filter(conversation=turn.conversation).exclude(role=Message.Role.USER)


def _id_of(turn: Turn, frame: Frame) -> str:
    return question_id(frame, frames.kind_of(frame).question(turn, frame))


def _fit(labels: Sequence[str]) -> bool:
    return len(labels) <= MOST and all(0 < len(label) <= LONGEST for label in labels)


def _texts(meta: dict[str, Any]) -> list[str]:
    """Returns what each button says, in the order of the list that a person sees."""
    return [*meta.get(Message.BUTTONS, []), *(action["data"] for action in meta.get(Message.ACTIONS, ()))]
