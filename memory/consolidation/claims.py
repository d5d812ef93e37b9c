"""What a fact says: a subject, an attribute, a value; folded so that equal things compare equal."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from memory.text.tokenizer import tokenize

SELF = "self"
ENDED = "!"  # before a value: this holds no longer
LONGEST_KEY = 191
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")
_ARTICLE = re.compile(r"^(?:an?|the|my|some)\s+")

# Of these a person may have several at once: each object is a fact of its own, and its value says how it stands.
MANY = frozenset({"preference", "allergy", "pet", "language", "other"})


def fold(text: str) -> str:
    """Lower case, one space, no punctuation at the edges, no article in front."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return _ARTICLE.sub("", _EDGE.sub("", folded))


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing somebody said about themselves or theirs.

    Attributes:
        subject: "self", a relation ("sister", "妈妈"), or in a group a speaker's name.
        attribute: one of MANY, or such as "home" and "job"; "favourite colour" counts as "favourite".
        value: as it was said; of MANY the object.
        standing: of MANY how it stands with the object ("likes", "dislikes", "yes", a pet's name); else "" or ENDED.
        text: a sentence to be recalled.
        said_at: when it was said.
        true_from: since when it is true.
        sources: ids of the turns that say it.
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

    @property
    def key(self) -> str:
        """Equal for statements that cannot both be true at one time."""
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
        """The value to be compared under `key`."""
        value = fold(self.standing or "yes") if self.is_many else fold(self.value)
        return (ENDED + value if self.standing == ENDED else value)[:300]


def says_more(new: str, old: str) -> bool:
    """Whether a folded value holds every word of another and then some: "maths teacher" after "teacher"."""
    if new.startswith(ENDED) or old.startswith(ENDED):
        return False
    new_terms, old_terms = set(tokenize(new)), set(tokenize(old))
    return bool(old_terms) and old_terms < new_terms
