"""Regular expressions that call a skill: bounded in length and time. A named group is the text of a parameter."""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from typing import Any

from clawdbot.errors import ClawdbotError

LONGEST = 200
MOST = 20
LONGEST_TEXT = 500  # characters of a message; a call of a skill stands at its beginning
TIMEOUT_S = 0.05
_TRIES = 3

logger = logging.getLogger(__name__)


class PatternRefused(ClawdbotError):
    """The pattern cannot be used.

    Attributes:
        code: "too_long", "malformed", "matches_everything" or "too_slow".
    """

    permanent = True

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


def check(pattern: str) -> None:
    """Refuses a pattern that is too long, wrong, too slow, or matches a text without words.

    Raises:
        PatternRefused: It says which.
    """
    import regex

    if len(pattern) > LONGEST:
        raise PatternRefused("too_long", str(LONGEST))
    try:
        expression = compiled(pattern)
    except regex.error as error:
        raise PatternRefused("malformed", str(error)[:100]) from None
    try:
        if any(expression.search(text, timeout=TIMEOUT_S) for text in ("", " ", "…")):
            raise PatternRefused("matches_everything")
        for text in _trials(pattern):
            expression.search(text, timeout=TIMEOUT_S)
    except TimeoutError:
        raise PatternRefused("too_slow") from None


def search(pattern: str, text: str) -> Any:
    """Returns the match in the beginning of the text; None without one, or when it takes too long."""
    return timed_search(pattern, text)[0]


def timed_search(pattern: str, text: str) -> tuple[Any, float]:
    """Returns what `search` returns, and the computing time in seconds, without that for compiling the pattern."""
    import regex

    try:
        expression = compiled(pattern)
    except regex.error:  # stored before it was checked, or a class's own
        logger.warning("skills: the pattern %r is malformed", pattern)
        return None, 0.0
    spent = 0.0
    for _ in range(_TRIES):
        began = time.thread_time()
        try:
            return expression.search(text[:LONGEST_TEXT], timeout=TIMEOUT_S), spent + time.thread_time() - began
        except TimeoutError:
            used = time.thread_time() - began
            spent += used
            # On a busy machine the time went to others.
            if used >= TIMEOUT_S / 2:
                break
    logger.warning("skills: the pattern %r takes too long and was given up for a message", pattern)
    return None, spent


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """Returns the compiled pattern, which ignores case. Raises `regex.error`."""
    import regex

    return regex.compile(pattern, regex.IGNORECASE)


def _trials(pattern: str) -> list[str]:
    """Returns texts at which a pattern with nested repetitions is slow."""
    letters = dict.fromkeys(c for c in pattern if c.isalnum())
    seeds = ["a", "1", " ", "ab", "a ", "天", *list(letters)[:10], "".join(letters)]
    return [(seed * LONGEST_TEXT)[: LONGEST_TEXT - 1] + "!" for seed in seeds if seed]
