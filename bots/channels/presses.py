"""The payload of a button below a message of the bot: it names the message and the button, not the words on it.

So a press tells which question it answers. It is short enough for every platform (Telegram takes 64 bytes), whatever
the words are.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"~(\d{1,18})\.(\d{1,2})")


def name(message_id: int, number: int) -> str:
    """Returns the payload of the button with this number, from 1, below this message."""
    return f"~{message_id}.{number}"


def read(text: str) -> tuple[int, int] | None:
    """Returns message and number that a payload names; None for any other text."""
    found = _NAME.fullmatch(text.strip())
    return (int(found[1]), int(found[2])) if found else None
