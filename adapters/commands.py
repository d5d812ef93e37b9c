"""Recognises commands in messages."""

from __future__ import annotations

import re

# Zero-width characters and marks of direction. Keyboards of right-to-left languages and copied texts begin with them.
INVISIBLE = "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
# Chinese keyboards may type the full-width slash.
_COMMAND = re.compile(
    rf"[\s{INVISIBLE}]*[/\uff0f]([A-Za-z][A-Za-z0-9_-]{{0,63}}|[\u4e00-\u9fff]{{1,16}})(?:@(\w+))?[{INVISIBLE}]*"
    rf"(?:[.,!?;:~。，！？；：～…]+(?=\s|$))?[{INVISIBLE}]*(?:\s+(.*))?",
    re.DOTALL,
)


def parse_command(text: str) -> tuple[str, str, str]:
    """Parses "/name@bot rest" into (name in lower case, bot, rest); three empty strings when it is no command.

    Marks that end a sentence may follow the name: phones add them.
    """
    match = _COMMAND.fullmatch(text)
    if match is None:
        return "", "", ""
    return match[1].lower(), match[2] or "", (match[3] or "").strip()
