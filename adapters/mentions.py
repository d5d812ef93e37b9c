"""Takes the bot's own mention off a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from adapters.commands import INVISIBLE, parse_command

Span = tuple[int, int]

# A mention is often followed by a space of another width.
_BLANKS = " \t\u00a0\u2005"
_LEADING = re.compile(rf"[\s{INVISIBLE},:\uff0c\uff1a]+")
_CLOSING = frozenset(",.;:!?)\u3002\uff0c\uff01\uff1f\uff1b\uff1a\uff09")
_MENTIONS_OF_OTHERS = re.compile(rf"[\s{INVISIBLE}]*(?:<?@\S+\s+)+")


def without(text: str, spans: Iterable[Span]) -> str:
    """Returns the text without these mentions of the bot, wherever they stand.

    Args:
        text: The text.
        spans: Start and end of each mention, in code points.
    """
    last = len(text) + 1
    for start, end in sorted(spans, reverse=True):
        if end <= last:
            text, last = _cut(text, start, end), start
    return command_alone(text)


def command_alone(text: str) -> str:
    """Returns the command without mentions of other people before it, or the text unchanged if it is no command."""
    others = _MENTIONS_OF_OTHERS.match(text)
    rest = text[others.end() :] if others else ""
    return rest if parse_command(rest)[0] else text


def _cut(text: str, start: int, end: int) -> str:
    before, after = text[:start], text[end:]
    if not before.strip(f" \t\r\n{INVISIBLE}"):
        lead = _LEADING.match(after)
        return after[lead.end() :] if lead else after
    left, right = before.rstrip(_BLANKS), after.lstrip(_BLANKS)
    if not right:
        return left
    spaced = (left, right) != (before, after) and right[0] not in _CLOSING and not right[0].isspace()
    return f"{left} {right}" if spaced and not left[-1].isspace() else left + right
