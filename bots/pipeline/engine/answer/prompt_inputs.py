"""The inputs of a prompt, for models of every size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bots.pipeline.engine.answer.attachments import FileText
from memory.types import Hit


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a prompt.

    Attributes:
        now: Time of the turn, aware, in the person's time zone.
        hits: The recalled memories, best first.
        recent: (role, text) of this conversation's latest messages, oldest first, without the present one.
        text: The person's message.
        others: What the message quotes and forwards, inside fences.
        files: Contents of the text files of the message, and of the message it quotes.
        note: Sentences about the files that the model cannot read.
        known: Facts and digests, best first. Digests are the first notes to be dropped, facts the last.
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
    others: str = ""
    files: Sequence[FileText] = ()
    note: str = ""
