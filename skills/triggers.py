"""Which trigger word is in a message: whole words for Latin script, anywhere for scripts written without spaces.

Traditional and simplified Chinese find each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from clawdbot.chinese import simplified

T = TypeVar("T")

_LETTER = r"A-Za-z0-9_\u00c0-\u024f"


def pattern(word: str) -> str:
    """The regular expression of one trigger word; a Latin end of it must be the end of a word.

    It is looked for in simplified text.
    """
    word = simplified(word)
    begin = rf"(?<![{_LETTER}])" if re.match(rf"[{_LETTER}]", word) else ""
    end = rf"(?![{_LETTER}])" if re.search(rf"[{_LETTER}]$", word) else ""
    return begin + r"\s+".join(re.escape(part) for part in word.split()) + end


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """The trigger of `value` at text[start:end]."""

    value: T
    word: str
    start: int
    end: int


class TriggerTable(Generic[T]):
    """Trigger words of one bot. Built once, asked for every message."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        words = [(word.strip(), value) for word, value in entries if word.strip()]
        # The longest first: it says most about what is meant.
        words.sort(key=lambda entry: (-len(entry[0]), entry[0]))
        self._words = [(word, re.compile(pattern(word), re.IGNORECASE), value) for word, value in words]
        joined = "|".join(pattern(word) for word, _value in words)
        self._any = re.compile(joined, re.IGNORECASE) if joined else None

    def find(self, text: str) -> Found[T] | None:
        """The longest trigger word in the text, at its first place; None is the usual and quick answer."""
        if self._any is None:
            return None
        text = simplified(text)
        if not self._any.search(text):
            return None
        for word, expression, value in self._words:
            if found := expression.search(text):
                return Found(value, word, found.start(), found.end())
        return None
