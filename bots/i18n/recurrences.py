"""Says how often a series comes, in the active language."""

from __future__ import annotations

from skills import time_words


def describe(rule: str) -> str:
    """Returns a rule in words, e.g. "every day"; the rule itself where no words fit; "" for ""."""
    try:
        return time_words.how_often(rule) if rule else ""
    except (KeyError, ValueError):
        return rule
