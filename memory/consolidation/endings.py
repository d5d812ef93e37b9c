"""Finds what a person says has ended: "I quit", "we broke up", "Rex died", 离职了. It closes facts that are known.

An ending alone states no fact: "Rex died" closes the fact about the dog called Rex, if there is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from memory.consolidation.claims import MANY, SELF, fold
from memory.text.tokenizer import tokenize

OTHERS = "*"
"""Subject of an ending that holds for anybody but the speaker."""
STATUS = "@status"
"""Subject of an ending that also closes what is known of the speaker's own marital status."""

# What people stop doing, and what they liked while they did it.
_SAME = {
    "smoking": "cigarettes cigars tobacco smoke",
    "drinking": "wine beer alcohol whisky whiskey vodka gin cocktails drink",
    "烟": "抽烟 香烟",
    "酒": "喝酒 啤酒 白酒 红酒",
    "肉": "吃肉",
}
LONGEST = 160  # characters of the sentence that a closed fact quotes


@dataclass(frozen=True, slots=True)
class EndingRule:
    """A pattern for an ending.

    Attributes:
        pattern: has optional groups "v" (the value that ends) and "r" (whose it is).
        attributes: attributes of the facts to close; empty: all.
        subjects: subjects of these facts, instead of the one in "r".
        needs_value: without a value nothing ends.
    """

    pattern: re.Pattern[str]
    attributes: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    needs_value: bool = False


def ending(
    pattern: str, attributes: str = "", subjects: frozenset[str] = frozenset(), *, needs_value: bool = False
) -> EndingRule:
    """Makes a rule; `attributes` are separated by blanks."""
    return EndingRule(re.compile(pattern), frozenset(attributes.split()), subjects, needs_value)


@dataclass(frozen=True, slots=True)
class Ending:
    """What ended.

    Attributes:
        subjects: folded subjects of the facts to close; `OTHERS` means everybody but the speaker.
        attributes: attributes of these facts; empty: all.
        value: folded value or object; "" for any.
        text: the fact that takes the place of a closed one.
        said_at: when it was said.
        true_from: when it ended.
        day: the day it was said.
        source: id of the turn that says so.
    """

    subjects: frozenset[str]
    attributes: frozenset[str]
    value: str
    text: str
    said_at: datetime
    true_from: datetime
    day: date
    source: int

    def closes(self, key: str, value: str) -> bool:
        """Tells whether it closes the fact with this key and normalised value."""
        subject, _, rest = key.partition("/")
        attribute, _, item = rest.partition("/")
        if self.attributes and attribute not in self.attributes:
            return False
        others = OTHERS in self.subjects and (subject != SELF or attribute == "pet")
        if subject not in self.subjects and not others:
            return False
        if not self.value:
            return True
        names = (value, item) if attribute in MANY else (value,)
        return any(_same(self.value, name) for name in names if name)


def _same(ended: str, known: str) -> bool:
    """Tells whether a fact is about what ended: "coffee" ends "drinking coffee", and "smoking" ends "cigarettes"."""
    if ended == known:
        return True
    words, held = set(tokenize(ended)), set(tokenize(known))
    if words and (words <= held or held <= words):
        return True
    return any(set(tokenize(other)) <= held for other in _SAME.get(fold(ended), "").split())
