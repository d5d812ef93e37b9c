"""Renders a hit: its text, the dates in it, and the neighbouring question or answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from memory.types import Hit

_LONGEST, _LONGEST_BESIDE = 1000, 160
_YEAR = re.compile(r"\d{4}")


def words(hit: Hit) -> str:
    """Returns the text of a hit on one line of bounded length."""
    return _cut(hit.text, _LONGEST)


def meant(hit: Hit, said_on: date, written: Callable[[date], str] = date.isoformat) -> str:
    """Explains relative dates, as in `yesterday = 2026-05-05`; "" where the text has only explicit dates.

    Args:
        hit: from a recall.
        said_on: the day it was said; references to it are not explained.
        written: formats a day. Prompts use the default, which is independent of the reader's language.
    """
    parts = []
    for spoken in hit.dates:
        last = spoken.end - timedelta(days=1)
        if _YEAR.search(spoken.text) or spoken.start == last == said_on:
            continue
        days = written(spoken.start)
        if last > spoken.start:
            days += f" – {written(last)}"
        parts.append(f"{spoken.text} = {days}")
    return "; ".join(parts)


def other_half(hit: Hit, clean: Callable[[str], str] = str) -> str:
    """Renders `answering "Where does she live?"` or `answered: "In Chengdu"`; "" without a neighbour.

    clean: sanitises the text for its destination.
    """
    if hit.beside is None:
        return ""
    text = clean(_cut(hit.beside.text, _LONGEST_BESIDE))
    return f'answered: "{text}"' if hit.beside.after else f'answering "{text}"'


def _cut(text: str, longest: int) -> str:
    line = " ".join(text[: 4 * longest].split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
