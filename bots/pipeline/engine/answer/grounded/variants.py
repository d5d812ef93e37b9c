"""Chooses one of several honest lines: by the message, and never the line that was said last."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def chosen(lines: Sequence[str], text: str, last: str = "") -> str:
    """Returns a line.

    Args:
        lines: The variants, all true; at least one.
        text: The person's message; the same one gets the same line.
        last: The bot's answer before, whose line is not said again.
    """
    number = hashlib.blake2b(text.encode(), digest_size=2).digest()[0] % len(lines)
    for step in range(len(lines)):
        line = lines[(number + step) % len(lines)]
        if not last.startswith(line):
            return line
    return lines[number]
