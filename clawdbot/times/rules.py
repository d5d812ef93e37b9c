"""Rules in sections. A section is tried only on a text that has one of its words, so that most texts cost little."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from re import Match

from clawdbot.times.pieces import Piece, Value

Reader = Callable[[Match[str]], tuple[Value, ...]]
"""Reads a match; raises ValueError or KeyError when it is no time."""
Section = tuple[str, tuple[tuple[str, Reader], ...]]
"""The words of a section, and its patterns."""
Compiled = tuple[tuple[re.Pattern[str], tuple[tuple[re.Pattern[str], Reader], ...]], ...]


def compiled(sections: Iterable[Section]) -> Compiled:
    """Compiles patterns. Chinese characters are no letters in them, so that "tomorrow下午" has two words."""
    return tuple(
        (re.compile(words), tuple((re.compile(pattern, re.ASCII), read) for pattern, read in table))
        for words, table in sections
    )


def pieces_of(text: str, sections: Compiled) -> Iterator[Piece]:
    """Yields what the rules read in a folded text; pieces may overlap."""
    for words, table in sections:
        if not words.search(text):
            continue
        for pattern, read in table:
            for match in pattern.finditer(text):
                try:
                    values = read(match)
                except (ValueError, KeyError, OverflowError):  # 32nd, 25:00: not a time
                    continue
                if values:
                    yield Piece(*match.span(), values)
