"""Finds trigger words in messages: whole words in Latin script, substrings in scripts without spaces.

Traditional and simplified Chinese match each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from clawdbot.chinese import simplified

T = TypeVar("T")

_STYLE = re.compile("[\ufe0e\ufe0f]")  # says how an emoji is drawn; one keyboard writes it, another does not
_SYMBOL = re.compile("[\u00a9\u00ae\u203c-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]")
_LETTER = r"A-Za-z0-9_\u00c0-\u024f"


def pattern(word: str) -> str:
    """Returns the regular expression of one trigger word, for simplified text.

    A Latin letter at its start or end must be at the start or end of a word.
    """
    word = simplified(word)
    begin = rf"(?<![{_LETTER}])" if re.match(rf"[{_LETTER}]", word) else ""
    end = rf"(?![{_LETTER}])" if re.search(rf"[{_LETTER}]$", word) else ""
    parts = r"\s+".join(re.escape(part) for part in _STYLE.sub("", word).split())
    return begin + _SYMBOL.sub(lambda symbol: f"{_STYLE.pattern}?{symbol[0]}{_STYLE.pattern}?", parts) + end


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """The trigger of `value` at text[start:end]."""

    value: T
    word: str
    start: int
    end: int


class TriggerTable(Generic[T]):
    """Trigger words of one bot. Built once and searched for every message."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        words = [(word.strip(), value) for word, value in entries if word.strip()]
        # Longest first: the longest trigger word is the most specific.
        words.sort(key=lambda entry: (-len(entry[0]), entry[0]))
        self._words = [(word, re.compile(pattern(word), re.IGNORECASE), value) for word, value in words]
        joined = "|".join(pattern(word) for word, _value in words)
        self._any = re.compile(joined, re.IGNORECASE) if joined else None

    def all(self, text: str) -> Iterator[Found[T]]:
        """Yields each value with the first occurrence of its longest trigger word, the longest first.

        Usually nothing, after one search.
        """
        if self._any is None:
            return
        text = simplified(text)
        if not self._any.search(text):
            return
        given: list[T] = []
        for word, expression, value in self._words:
            if not any(value is one for one in given) and (found := expression.search(text)):
                given.append(value)
                yield Found(value, word, found.start(), found.end())

    def find(self, text: str) -> Found[T] | None:
        """Returns the first occurrence of the longest trigger word in the text."""
        return next(self.all(text), None)
