"""Takes the bot's own mention off a text, and writes mentions of people into a rendered one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

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


_CODE = r"```.*?```|`[^`\n]*`|<pre>.*?</pre>|<code>.*?</code>"


def linked(
    rendered: str, people: Mapping[str, str], form: Callable[[str, str], str], escape: Callable[[str], str] = str
) -> str:
    """Returns a rendered text with each "@Name" outside of code as a mention of that person.

    Args:
        rendered: The text as the platform gets it.
        people: Ids by name.
        form: Returns the platform's mention from an id and the text "@Name".
        escape: Escapes a name as the renderer does.
    """
    ids = {escape(name): person for name, person in people.items()}
    if not ids:
        return rendered
    names = "|".join(re.escape(name) for name in sorted(ids, key=len, reverse=True))
    pattern = re.compile(rf"({_CODE})|(?<![\w@/])@({names})(?!\w)", re.DOTALL)
    return pattern.sub(lambda match: match[1] or form(ids[match[2]], match[0]), rendered)
