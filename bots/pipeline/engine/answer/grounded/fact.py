"""Defines a fact that a person stated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SELF = "self"
MANY = frozenset({"preference", "allergy", "language", "has"})
"""Attributes that hold several values at once; the others hold the latest one."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One attribute of the person or of somebody close.

    Attributes:
        subject: "self", or a relation in its usual word, such as "wife", "老婆" and "dog".
        attribute: "name", "home", "job" and so on; "my X" for what the person calls "my X".
        value: As it was written.
        at: When it was said, aware.
        standing: "likes" or "dislikes" of a preference, "yes" or "no" of an allergy or of what somebody has;
            the verb of "my X" ("is", "are"); else "".
        said: The sentence that states it.
    """

    subject: str
    attribute: str
    value: str
    at: datetime
    standing: str = ""
    said: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Equal for facts that cannot be true at the same time."""
        return self.subject, self.attribute, self.value.casefold() if self.attribute in MANY else ""
