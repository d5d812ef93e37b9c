"""Buttons under answers: kept with the message, and found again when somebody types a number instead of pressing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from bots.models import Message
from bots.pipeline.engine.turn import Turn

_NUMBER = re.compile(r"\d{1,2}")


def meta(labels: Sequence[str]) -> dict[str, Any]:
    """Returns what the reply's `meta` holds of its buttons."""
    return {Message.BUTTONS: list(labels)} if labels else {}


def press(turn: Turn) -> None:
    """Replaces a number by the text of the button with this number, if the last answer has buttons.

    Queries: 1 for a message that is a number, else none.
    """
    typed = unicodedata.normalize("NFKC", turn.text).strip(" .。、)")
    if not _NUMBER.fullmatch(typed):
        return
    said = Message.objects.filter(conversation=turn.conversation).exclude(role=Message.Role.USER)
    last = said.order_by("-id").first()
    labels = _texts(last.meta) if last is not None else []
    if typed not in labels and 1 <= int(typed) <= len(labels):
        turn.text = str(labels[int(typed) - 1])


def _texts(meta: dict[str, Any]) -> list[str]:
    """Returns what each button says, in the order of the list that a person sees."""
    return [*meta.get(Message.BUTTONS, []), *(action["data"] for action in meta.get(Message.ACTIONS, ()))]
