"""Defines an extraction rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from memory.consolidation.claims import MANY


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern for one attribute.

    Attributes:
        pattern: has a group "v" (value), and optionally "r" (relation), "n" (a relative's name), "x" (kind of thing).
        attribute: attribute of the statement; group "x" is appended to it ("favourite colour").
        template: the sentence to recall, with {s} (subject), {p} (possessive), {v} (value) and {x}.
        values: cleans the matched value; returns none if it is not a value.
        standing: `Statement.standing`.
        object_is_x: "x" is the object and "v" the standing, as in "a dog called Rex".
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
    """Makes a rule; compiles its pattern."""
    return Rule(re.compile(pattern), attribute, template, values, standing, x)
