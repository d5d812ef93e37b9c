"""The shape of a rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from memory.consolidation.claims import MANY


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern of one attribute.

    Attributes:
        pattern: with a group "v" (value), and perhaps "r" (relation), "n" (their name), "x" (what kind of thing).
        attribute: of the statement; "favourite" is completed by "x".
        template: the sentence to be recalled; {s} subject, {p} possessive, {v} value, {x}.
        values: from the matched value to clean ones; none when it is no value after all.
        standing: how it stands with the object (`Statement.standing`).
        object_is_x: "x" is the object and "v" how it stands: a dog called Rex.
    """

    pattern: re.Pattern[str]
    attribute: str
    template: str
    values: Callable[[str], list[str]]
    standing: str = ""
    object_is_x: bool = False

    @property
    def many(self) -> bool:
        return self.attribute in MANY


def rule(
    pattern: str,
    attribute: str,
    template: str,
    values: Callable[[str], list[str]],
    standing: str = "",
    *,
    x: bool = False,
) -> Rule:
    """A rule from its pattern as text."""
    return Rule(re.compile(pattern), attribute, template, values, standing, x)
