"""What a prompt is made of, for models of every size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from memory.types import Hit


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a prompt is made of.

    Attributes:
        now: aware, in the person's time zone.
        hits: what was recalled, best first.
        known: facts and digests, best first; facts are the last notes to be left out, digests the first.
        recent: (role, text) of this conversation's latest messages, oldest first, without the present one.
        text: the person's message.
    """

    instructions: str
    bot_name: str
    person_name: str
    now: datetime
    hits: Sequence[Hit]
    summary: str
    recent: Sequence[tuple[str, str]]
    text: str
    known: Sequence[Hit] = ()
