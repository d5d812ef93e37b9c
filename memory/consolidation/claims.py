"""Defines statements (subject, attribute, value) and their normal form for comparison."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from memory.text.tokenizer import tokenize

SELF = "self"
ENDED = "!"  # prefix of a value that is no longer true
LONGEST_KEY = 191
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")
_ARTICLE = re.compile(r"^(?:an?|the|my|some)\s+")

# Attributes that may have several values at once: each object is a separate fact with a standing as its value.
MANY = frozenset({"preference", "allergy", "pet", "language", "other"})


def fold(text: str) -> str:
    """Normalises a text: lower case, single spaces, no punctuation at the edges, no leading article."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return _ARTICLE.sub("", _EDGE.sub("", folded))


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a speaker about themselves or somebody close to them.

    Attributes:
        subject: "self", a relation ("sister", "妈妈"), or in a group a speaker's name.
        attribute: one of MANY, or another one such as "home", "job" and "favourite colour".
        value: as it was said; for MANY the object.
        standing: for MANY the relation to the object ("likes", "dislikes", "yes", a pet's name); else "" or ENDED.
        text: the sentence to recall.
        said_at: when it was said.
        true_from: when it became true.
        sources: ids of the turns that say it.
        true_by: the latest moment at which it can have become true ("last month": its end); None: `true_from`.
    """

    subject: str
    attribute: str
    value: str
    text: str
    said_at: datetime
    true_from: datetime
    day: date
    sources: tuple[int, ...]
    standing: str = ""
    true_by: datetime | None = None

    @property
    def key(self) -> str:
        """The fact key: equal for statements that cannot be true at the same time."""
        parts = [fold(self.subject) or SELF, fold(self.attribute)]
        if self.is_many:
            parts.append(fold(self.value))
        key = "/".join(parts)
        if len(key) <= LONGEST_KEY:
            return key
        return f"{key[:150]}#{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"

    @property
    def is_many(self) -> bool:
        return self.attribute in MANY

    @property
    def folded(self) -> str:
        """The normalised value, to be compared with others of the same `key`."""
        value = fold(self.standing or "yes") if self.is_many else fold(self.value)
        return (ENDED + value if self.standing == ENDED else value)[:300]


def says_more(new: str, old: str) -> bool:
    """Tells whether a normalised value is more specific than another: "maths teacher" after "teacher"."""
    if new.startswith(ENDED) or old.startswith(ENDED):
        return False
    new_terms, old_terms = set(tokenize(new)), set(tokenize(old))
    return bool(old_terms) and old_terms < new_terms
