"""A recalled line: its words, which days they meant, and what was asked or answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from memory.types import Hit

_LONGEST, _LONGEST_BESIDE = 1000, 160
_YEAR = re.compile(r"\d{4}")


def words(hit: Hit) -> str:
    """What was said, on one line of bounded length."""
    return _cut(hit.text, _LONGEST)


def meant(hit: Hit, said_on: date, written: Callable[[date], str] = date.isoformat) -> str:
    """`yesterday = 2026-05-05`; "" where the words name their days themselves.

    Args:
        hit: from a recall.
        said_on: the day it was said on, which needs no explaining.
        written: how a day is written. A prompt takes the default, which no reader's language changes.
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
    """`answering "Where does she live?"` or `answered: "In Chengdu"`; "" when the hit stands for itself.

    clean: makes a text harmless where it is put.
    """
    if hit.beside is None:
        return ""
    text = clean(_cut(hit.beside.text, _LONGEST_BESIDE))
    return f'answered: "{text}"' if hit.beside.after else f'answering "{text}"'


def _cut(text: str, longest: int) -> str:
    line = " ".join(text[: 4 * longest].split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
