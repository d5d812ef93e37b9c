"""Shows memories as lines of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.formats import date_format

from clawdbot.skills import Context
from clawdbot.skills.context import Remembered

_LONGEST = 200


def lines(context: Context, memories: Sequence[Remembered], most: int) -> list[str]:
    """Returns one line for each memory with its day in the person's zone; texts that another one holds are left out."""
    kept: list[Remembered] = []
    for memory in memories:
        words = _words(memory)
        if any(words in _words(other) for other in kept):
            continue
        kept = [other for other in kept if _words(other) not in words]
        kept.append(memory)
    return [_line(context, memory) for memory in kept[:most]]


def _words(memory: Remembered) -> str:
    return " ".join(memory.text.split()).strip(" .。!！").casefold()


def _line(context: Context, memory: Remembered) -> str:
    said = " ".join(memory.text.split())
    said = said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
    return f"- {date_format(memory.at.astimezone(context.zone), 'DATE_FORMAT')} · {said}"
